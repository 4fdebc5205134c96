import { expect, test } from "vitest";
import type { Finding } from "../../../api/findings/finding.ts";
import { diagnosisLines, diagnosisOf, type ListenerFacts } from "../../../cli/diagnose/diagnosis.ts";

const group: ListenerFacts = {
  url: "udp://239.1.1.1:4747?interface=eth0",
  state: "OK",
  group: "239.1.1.1",
  interface: "eth0",
  memberships: { used: 1, limit: 20 },
  lastDatagramAt: "2026-11-20T12:00:00.000000Z",
  counters: { rejected: {} },
  kernelDrops: 0,
  receiveBuffer: { requestedBytes: 8 << 20, grantedBytes: 8 << 20, ceilingBytes: 212_992 },
};

test("a listener is its URL and a line of facts", () => {
  expect(diagnosisLines([diagnosisOf(group, [])], [])).toEqual([
    group.url,
    "  OK; group joined on eth0; memberships 1 of 20; last datagram 2026-11-20T12:00:00.000000Z; crosstalk 0; buffer asked 8 MiB, granted 8 MiB, ceiling 208 KiB; kernel drops 0",
  ]);
});

test("what nobody looked for is not in the facts", () => {
  const { lastDatagramAt: _, counters: __, kernelDrops: ___, ...opened } = group;
  const unicast = { ...opened, url: "udp://0.0.0.0:1", group: null, interface: null, memberships: null };
  expect(diagnosisLines([diagnosisOf(unicast, [])], [])[1]).toBe(
    "  OK; buffer asked 8 MiB, granted 8 MiB, ceiling 208 KiB",
  );
});

test("findings stand below their listener, those of none at the end, each with its fix if it has one", () => {
  const finding: Finding = {
    code: "never-heard",
    severity: "advice",
    sentence: "Nothing came.",
    fix: "tcpdump",
    listener: group.url,
  };
  const ofCollector: Finding = { ...finding, severity: "note", fix: null, listener: null };
  expect(diagnosisLines([diagnosisOf(group, [finding])], [ofCollector]).slice(2)).toEqual([
    "  advice: Nothing came.",
    "    fix: tcpdump",
    "collector",
    "  note: Nothing came.",
  ]);
});
