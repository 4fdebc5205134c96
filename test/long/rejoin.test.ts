import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import {
  eventually,
  type RunningCollector,
  startCollector,
  temporaryDirectory,
} from "../support/lacuna-process.ts";
import { awaitRunning, createNetnsPair, type NetnsPair, netnsUnavailable } from "../support/netns.ts";
import { Probe } from "../support/probe.ts";

interface Listener {
  url: string;
  state: string;
  reason: string;
  since: string;
}
interface Total {
  expected: number;
  received: number;
  missing: number;
  lost: number;
}

const PORT = 5200;
const GROUPS = [
  { device: "four", listen: `udp://239.192.47.47:${PORT}?interface=veth0`, to: "239.192.47.47" },
  { device: "six", listen: `udp://[ff15::4747]:${PORT}?interface=veth0`, to: "ff15::4747" },
];

describe.skipIf(netnsUnavailable() !== null)(
  "a group listener whose interface goes away and comes back",
  () => {
    const directory = temporaryDirectory();
    let hosts: NetnsPair;
    let collector: RunningCollector;
    let sender: Probe;
    let runs = 0;

    beforeAll(() => {
      hosts = createNetnsPair();
    });
    beforeEach(async () => {
      collector = await startCollector(
        [...GROUPS.flatMap(({ listen }) => ["--listen", listen]), "--db", `${directory.path}/${runs++}.db`],
        { within: ["ip", "netns", "exec", hosts.near.name] },
      );
      sender = new Probe(hosts.far, "dgram");
    });
    afterEach(async () => {
      await sender.end();
      await collector.stop();
    });
    afterAll(() => {
      hosts.destroy();
      directory.remove();
    });

    const get = async <T>(path: string): Promise<T> =>
      JSON.parse(await hosts.near.answer("curl", ["-s", `${collector.api}/api/v1${path}`])) as T;
    const listeners = async (): Promise<Listener[]> =>
      (await get<{ listeners: Listener[] }>("/status")).listeners;
    const allAre = (state: string) => (all: Listener[]) => all.every((listener) => listener.state === state);
    const ledger = async (): Promise<Total> => (await get<{ total: Total }>("/ledger")).total;
    const send = async (seq: number): Promise<void> => {
      for (const { device, to } of GROUPS) {
        const from = to.includes(":") ? "fd77::2" : "10.77.0.2";
        const text = JSON.stringify({ device, epoch: 1, seq, values: { t: seq } });
        await sender.send({ from, to, port: PORT, text });
      }
    };
    const near = (...args: string[]): string => hosts.near.run("ip", args);
    const far = (...args: string[]): string => hosts.far.run("ip", args);
    const addressNear = (): void => {
      near("addr", "replace", "10.77.0.1/24", "broadcast", "10.77.0.255", "dev", "veth0");
      near("-6", "addr", "replace", "fd77::1/64", "dev", "veth0", "nodad");
    };
    const addressFar = (): void => {
      far("addr", "replace", "10.77.0.2/24", "dev", "veth0");
      far("-6", "addr", "replace", "fd77::2/64", "dev", "veth0", "nodad");
    };

    /** Number 0 is heard, 1 and 2 are used while nothing is heard, 3 is heard again: two numbers of each device are lost. */
    const expectHoleOfTwo = async (before: string[]): Promise<void> => {
      const back = await eventually(
        listeners,
        (all) => allAre("OK")(all) && all.every(({ since }, index) => since !== before[index]),
      );
      expect(back.map(({ reason }) => reason)).toEqual([
        expect.stringContaining("joined on veth0 (10.77.0.1)"),
        expect.stringContaining("joined on veth0 (fd77::1)"),
      ]);
      awaitRunning(hosts.far.name, "veth0");
      await send(3);
      const total = await eventually(ledger, ({ received, missing }) => received === 4 && missing === 0);
      expect(total).toMatchObject({ expected: 8, received: 4, lost: 4 });
      const { events } = await get<{ events: { detail: { state: string } }[] }>(
        "/events?kind=listener-state",
      );
      expect(events.filter(({ detail }) => detail.state === "UNAVAILABLE")).toHaveLength(2);
      expect(events.filter(({ detail }) => detail.state === "OK")).toHaveLength(4);
    };

    const begin = async (): Promise<string[]> => {
      await send(0);
      await eventually(ledger, ({ received }) => received === 2);
      return (await listeners()).map(({ since }) => since);
    };

    test("link down and up", async () => {
      const before = await begin();
      near("link", "set", "veth0", "down");
      const away = await eventually(listeners, allAre("UNAVAILABLE"));
      expect(away[0]!.reason).toBe(
        "interface veth0 is gone, down or without an IPv4 address; it is tried again every second",
      );
      // before it is up: the listener that finds it up finds its address
      addressNear();
      near("link", "set", "veth0", "up");
      await expectHoleOfTwo(before);
    });

    test("its address removed and added", async () => {
      const before = await begin();
      near("addr", "flush", "dev", "veth0");
      await eventually(listeners, allAre("UNAVAILABLE"));
      addressNear();
      await expectHoleOfTwo(before);
    });

    test("deleted and made again under the same name, faster than anybody looks", async () => {
      const before = await begin();
      near("link", "del", "veth0");
      near(..."link add veth0 type veth peer name veth0 netns".split(" "), hosts.far.name);
      addressNear();
      addressFar();
      near("link", "set", "veth0", "up");
      far("link", "set", "veth0", "up");
      await expectHoleOfTwo(before);
    });
  },
);
