import { expect, test } from "vitest";
import { ListenerWatch } from "../../../collector/ingest/listener-watch.ts";
import type { Listener } from "../../../collector/listener/listener.ts";
import type { HostView } from "../../../collector/listener/lost-interface.ts";

const START_MS = 50_000;

/** Two listeners, of which only the first has a bound for its silence (3 s), and a socket of a single address; what was said and looked at. */
const setUp = () => {
  const said: string[] = [];
  const listenerOf = (name: string, silenceMs: number | null) => ({
    config: { silenceMs },
    state: "OK",
    check: (host: HostView) => void said.push(`${name} at ${Object.keys(host.interfaces).join()}`),
    name,
  });
  const [group, plain, share] = [
    listenerOf("group", 3000),
    listenerOf("plain", null),
    listenerOf("share", 1),
  ];
  const counters: [{ lastDatagramAtUs: number }, { lastDatagramAtUs: number }] = [
    { lastDatagramAtUs: 0 },
    { lastDatagramAtUs: 0 },
  ];
  const bed = { said, group, counters, interfaces: "eth0" as string | null };
  const watch = new ListenerWatch({
    listeners: [group, plain] as unknown as Listener[],
    shares: [share as unknown as Listener],
    counters,
    nowMs: START_MS,
    onSilence: (listener, kind) => said.push(`${(listener as unknown as { name: string }).name} ${kind}`),
    host: () =>
      bed.interfaces === null ? null : { interfaces: { [bed.interfaces]: [] }, memberships: () => null },
  });
  /** @returns what was said by the ticks in that time, 50 ms apart */
  let nowMs = START_MS;
  const pass = (ms: number): string[] => {
    for (const untilMs = nowMs + ms; nowMs < untilMs; ) {
      nowMs += 50;
      watch.tick(nowMs);
    }
    return said.splice(0);
  };
  return Object.assign(bed, { pass });
};

test("listeners and their further sockets are compared with the host once a second, those sockets first", () => {
  const { pass } = setUp();
  const looked = ["share at eth0", "group at eth0", "plain at eth0"];
  expect([pass(950), pass(50), pass(950), pass(50)]).toEqual([[], looked, [], looked]);
});

test("a host that does not tell now changes no listener, and each look asks it anew", () => {
  const bed = setUp();
  bed.interfaces = null;
  expect(bed.pass(1000)).toEqual([]);
  bed.interfaces = "eth1";
  expect(bed.pass(1000)).toEqual(["share at eth1", "group at eth1", "plain at eth1"]);
});

test("a group with a bound falls silent when that has passed since the first look or its last datagram, and is heard again", () => {
  const bed = setUp();
  bed.interfaces = null;
  const [ofGroup] = bed.counters;
  expect([bed.pass(3950), bed.pass(50)]).toEqual([[], ["group group-silent"]]);
  expect(bed.pass(10_000)).toEqual([]);
  ofGroup.lastDatagramAtUs++;
  expect(bed.pass(1000)).toEqual(["group group-heard"]);
  expect([bed.pass(2950), bed.pass(50)]).toEqual([[], ["group group-silent"]]);
});

test("a listener that is not up does not fall silent, and has the whole time once it is", () => {
  const bed = setUp();
  bed.interfaces = null;
  bed.group.state = "UNAVAILABLE";
  expect(bed.pass(10_000)).toEqual([]);
  bed.group.state = "OK";
  expect([bed.pass(2950), bed.pass(50)]).toEqual([[], ["group group-silent"]]);
});
