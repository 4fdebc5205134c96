import { expect, test } from "vitest";
import { diagnose, diagnosisLines, type HostFacts, type ListenerFacts } from "../../cli/diagnosis.ts";

const HOST: HostFacts = { isContainer: false, addresses: ["192.0.2.2"], membershipLimit: 20 };
const listener = (facts: Partial<ListenerFacts> = {}): ListenerFacts => ({
  url: "udp://239.1.1.1:4747?interface=eth0",
  state: "OK",
  reason: null,
  optional: false,
  group: "239.1.1.1",
  interface: "eth0",
  lastDatagramAt: "2026-11-20T12:00:00.000000Z",
  crosstalk: 0,
  kernelDrops: 0,
  receiveBuffer: { requestedBytes: 8 << 20, grantedBytes: 8 << 20, ceilingBytes: 8 << 20 },
  ...facts,
});
const findings = (facts: Partial<ListenerFacts>, host: HostFacts | null = HOST) =>
  diagnose(listener(facts), host).findings;

test("a group that is joined and heard has no findings", () => {
  const diagnosis = diagnose(listener(), HOST);
  expect(diagnosis).toMatchObject({ joined: true, memberships: { used: 1, limit: 20 }, findings: [] });
  expect(diagnosisLines(diagnosis)).toEqual([
    "udp://239.1.1.1:4747?interface=eth0",
    "  OK; group joined on eth0; memberships 1 of 20; last datagram 2026-11-20T12:00:00.000000Z; crosstalk 0; buffer asked 8MiB, granted 8MiB, ceiling 8MiB; kernel drops 0",
  ]);
});

test("a listener that is not up is a problem, an optional one advice, a disabled one nothing", () => {
  const down = { state: "UNAVAILABLE", reason: "interface eth0 is gone" };
  expect(findings(down)).toEqual([
    {
      kind: "problem",
      text: "it is UNAVAILABLE: interface eth0 is gone",
      fix: "ip link set eth0 up; ip address show dev eth0",
    },
  ]);
  expect(findings({ ...down, optional: true })[0]!.kind).toBe("advice");
  expect(findings({ state: "DISABLED", reason: "disabled by enabled=false" })).toEqual([]);
});

test("a buffer that was cut names the sysctl line", () => {
  const receiveBuffer = { requestedBytes: 8 << 20, grantedBytes: 212_992, ceilingBytes: 212_992 };
  expect(findings({ receiveBuffer })).toEqual([
    expect.objectContaining({
      kind: "advice",
      fix: "sysctl -w net.core.rmem_max=8388608  # is 212992; then start the collector again",
    }),
  ]);
});

test("datagrams dropped at the socket are a problem, where they can be counted", () => {
  expect(findings({ kernelDrops: 7 })).toEqual([
    {
      kind: "problem",
      text: "the kernel dropped 7 datagrams at its socket since the start",
      fix: "sysctl -w net.core.rmem_max=16777216 and receiveBuffer=16MiB in the listener's URL",
    },
  ]);
  expect(findings({ kernelDrops: null })).toEqual([]);
});

test("crosstalk and a group that was never heard are advice", () => {
  expect(findings({ crosstalk: 3, lastDatagramAt: null }).map(({ kind }) => kind)).toEqual([
    "advice",
    "advice",
  ]);
  // nobody listened long enough to say
  const { lastDatagramAt: _, ...unheard } = listener();
  expect(diagnose(unheard, HOST).findings).toEqual([]);
});

test("a container behind a bridge is suspected by its addresses, and only of the host that receives", () => {
  const bridged = { ...HOST, isContainer: true, addresses: ["172.17.0.2"] };
  expect(findings({}, bridged)[0]!.text).toContain("container behind a bridge");
  expect(findings({}, { ...bridged, addresses: ["172.17.0.2", "192.0.2.2"] })).toEqual([]);
  expect(findings({}, { ...bridged, isContainer: false })).toEqual([]);
  expect(findings({}, null)).toEqual([]);
});
