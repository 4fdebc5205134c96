import { describe, expect, test } from "vitest";
import type { Finding } from "../../api/findings/finding.ts";
import { findingsOf } from "../../api/findings/findings.ts";
import { openingFindings } from "../../api/findings/opening.ts";
import { bufferFindings, timeFindings, trafficFindings } from "../../api/findings/traffic.ts";
import type { HostFacts, ListenerStatus } from "../../api/part-status.ts";
import { FakeSources, listenerCounters, listenerOf } from "../support/fake-sources.ts";

const HOST: HostFacts = { isContainer: false, addresses: ["192.0.2.2"], membershipLimit: 20 };
const MIB = 2 ** 20;
/** A group that is joined, heard, and has the buffer it asked for. */
const groupOf = (given: Partial<ListenerStatus> = {}): ListenerStatus =>
  listenerOf({
    url: "udp://239.1.1.1:4747?interface=eth0",
    group: "239.1.1.1",
    interface: "eth0",
    kernelDrops: 0,
    receiveBufferGrantedBytes: 8 * MIB,
    receiveBufferCeilingBytes: 8 * MIB,
    receiveQueuePeakMs: 0,
    ...given,
  });

describe("a listener", () => {
  test("that is up, heard and has its buffer gives nothing to say", () => {
    expect([...openingFindings(groupOf(), HOST), ...trafficFindings(groupOf())]).toEqual([]);
  });

  test("that is not up is a problem, an optional one advice, a disabled one nothing", () => {
    const down = groupOf({
      state: "UNAVAILABLE",
      reason: "udp://239.1.1.1:4747?interface=eth0: interface eth0 is gone",
    });
    expect(openingFindings(down, HOST)).toEqual([
      {
        code: "listener-state",
        severity: "problem",
        sentence: "It is UNAVAILABLE: interface eth0 is gone.",
        fix: "ip link set eth0 up; ip address show dev eth0",
        listener: down.url,
      },
    ]);
    expect(openingFindings({ ...down, optional: true }, HOST)[0]!.severity).toBe("advice");
    expect(openingFindings(groupOf({ state: "DISABLED", reason: "enabled=false" }), HOST)).toEqual([]);
  });

  test("whose group another one has is not told to bring its interface up", () => {
    const fixOf = (why: string): string | null =>
      openingFindings(
        groupOf({
          state: "UNAVAILABLE",
          reason: `cannot join group 239.1.1.1 on interface eth0 (10.0.0.2): ${why}`,
        }),
        HOST,
      )[0]!.fix;
    expect(fixOf("interface=10.0.0.2 of another listener is the same interface")).toMatch(/^leave one/);
    expect(fixOf("one group on two interfaces needs the native receive path (receive=native)")).toMatch(
      /^receive = "native"/,
    );
  });

  test("whose interface is given by its address is told to look at the interface of that name", () => {
    const fixOf = (reason: string): string | null =>
      openingFindings(groupOf({ state: "UNAVAILABLE", reason, interface: "10.0.0.2" }), HOST)[0]!.fix;
    expect(fixOf("interface eth0 is gone, down or without an IPv4 address")).toMatch(/^ip link set eth0 up;/);
    expect(fixOf("cannot join group 239.1.1.1 on interface eth0 (10.0.0.2): ENODEV")).toMatch(
      /^ip address show {2}#/,
    );
    expect(
      fixOf("there is no interface 10.0.0.2 that is up and has an address; present are lo (127.0.0.1)"),
    ).toMatch(/^ip address show {2}#/);
  });

  test.each([
    ["bind EADDRINUSE", "ss -lunp"],
    [
      "cannot bind: permission denied (EACCES); ports below 1024 need CAP_NET_BIND_SERVICE",
      "a port from 1024 on",
    ],
    [
      "cannot join group 239.1.1.1 on interface eth0 (192.0.2.2): ENOBUFS; see net.ipv4.igmp_max_memberships",
      "sysctl -w net.ipv4.igmp_max_memberships=200",
    ],
    ["more than igmp_max_memberships", "sysctl -w net.ipv4.igmp_max_memberships=200"],
    ["socket EMFILE", "ulimit -n"],
    ["no multicast route", "name the interface"],
    ["something else", "ip address show  #"],
  ])("whose reason is %j is told the way out", (reason, fix) => {
    const [finding] = openingFindings(groupOf({ state: "FAILED", reason }), HOST);
    expect(finding!.fix).toContain(fix);
  });

  test("whose buffer was cut is told the sysctl line", () => {
    const cut = groupOf({ receiveBufferGrantedBytes: 212_992, receiveBufferCeilingBytes: 212_992 });
    expect(openingFindings(cut, HOST)).toEqual([
      expect.objectContaining({
        code: "buffer-granted",
        severity: "advice",
        sentence: "A receive buffer of 8 MiB was asked for and 208 KiB granted.",
        fix: "sysctl -w net.core.rmem_max=8388608  # is 212992; then start the collector again",
      }),
    ]);
    // what was granted, or asked for, is not known
    expect(openingFindings({ ...cut, receiveBufferGrantedBytes: null }, HOST)).toEqual([]);
    expect(openingFindings({ ...cut, receiveBufferRequestedBytes: null }, HOST)).toEqual([]);
  });

  test("that hears other senders, or none at all, is given advice", () => {
    const counters = listenerCounters({ datagrams: 3, rejected: { crosstalk: 3 } });
    const findings = trafficFindings(groupOf({ counters, lastDatagramAtUs: null }));
    expect(findings.map(({ code, severity }) => [code, severity])).toEqual([
      ["crosstalk", "advice"],
      ["never-heard", "advice"],
    ]);
    expect(findings[0]!.sentence).toBe(
      "3 datagrams of other senders came to it and were rejected as crosstalk.",
    );
    const one = listenerCounters({ datagrams: 1, rejected: { crosstalk: 1 } });
    expect(trafficFindings(groupOf({ counters: one }))[0]!.sentence).toBe(
      "1 datagram of other senders came to it and was rejected as crosstalk.",
    );
    expect(findings[1]!.fix).toMatch(/^tcpdump -ni eth0 host 239\.1\.1\.1 /);
    const anywhere = trafficFindings(groupOf({ interface: null, lastDatagramAtUs: null }));
    expect(anywhere[0]!.fix).toMatch(/^tcpdump -ni any host /);
    // nobody joined anything there
    expect(trafficFindings(groupOf({ group: null, lastDatagramAtUs: null }))).toEqual([]);
    expect(trafficFindings(groupOf({ state: "UNAVAILABLE", lastDatagramAtUs: null }))).toEqual([]);
  });

  test("by which devices cannot be asked again is told of, one by which a few could not is not", () => {
    const heard = (nackFailures: number) =>
      trafficFindings(groupOf({ counters: listenerCounters({ nacks: 2000, nackFailures }) }));
    expect([heard(0), heard(199)]).toEqual([[], []]);
    expect(heard(200)).toHaveLength(1);
    expect(heard(2000)).toEqual([
      expect.objectContaining({
        code: "nack-failures",
        severity: "advice",
        sentence:
          "The system refused to send 2,000 of 2,000 requests for what was lost (NACKs); the log says why.",
      }),
    ]);
  });

  test("in a container is suspected behind a bridge by the container's addresses", () => {
    const bridged = { ...HOST, isContainer: true, addresses: ["172.17.0.2"] };
    expect(openingFindings(groupOf(), bridged)[0]!.code).toBe("container-bridge");
    expect(openingFindings(groupOf(), { ...bridged, addresses: ["172.17.0.2", "192.0.2.2"] })).toEqual([]);
    expect(openingFindings(groupOf(), { ...bridged, isContainer: false })).toEqual([]);
    expect(openingFindings(groupOf({ group: null }), bridged)).toEqual([]);
    const down = groupOf({ state: "UNAVAILABLE", reason: "interface eth0 is gone" });
    expect(openingFindings(down, bridged).map(({ code }) => code)).toEqual(["listener-state"]);
  });
});

describe("the receive buffer", () => {
  const buffer = { receiveBufferGrantedBytes: 1 << 20, receiveBufferCeilingBytes: 8 << 20, kernelDrops: 0 };

  test("that was never near full is well as it is", () => {
    const listener = listenerOf({ ...buffer, receiveQueuePeakBytes: 1 << 17, receiveQueuePeakMs: 11 });
    expect(bufferFindings(listener)).toEqual([
      {
        code: "receive-buffer",
        severity: "note",
        sentence: "The receive buffer held 11 ms at the peak seen, 12.5 % of its 1 MiB.",
        fix: null,
        listener: "udp://0.0.0.0:4747",
      },
    ]);
  });

  test("that was more than half full shall have room for four such peaks", () => {
    const listener = listenerOf({ ...buffer, receiveQueuePeakBytes: 700_000, receiveQueuePeakMs: 4.25 });
    expect(bufferFindings(listener)[0]).toMatchObject({
      severity: "advice",
      sentence: "The receive buffer held 4.3 ms at the peak seen, 66.8 % of its 1 MiB.",
      fix: "receiveBuffer=4MiB in the listener's URL",
    });
  });

  test("that overflowed shall be twice as large, and the system's ceiling with it", () => {
    const [finding] = bufferFindings(
      listenerOf({
        ...buffer,
        receiveBufferGrantedBytes: 8 << 20,
        receiveQueuePeakBytes: 7 << 20,
        kernelDrops: 7,
      }),
    );
    expect(finding).toMatchObject({
      code: "kernel-drops",
      severity: "problem",
      sentence: "The receive buffer of 8 MiB was full: the kernel dropped 7 datagrams since the start.",
      fix: "receiveBuffer=16MiB in the listener's URL and sysctl -w net.core.rmem_max=16777216",
    });
  });

  test("that was never found near full may not have overflowed: a wrong UDP checksum is counted alike", () => {
    const [finding] = bufferFindings(
      listenerOf({ ...buffer, receiveQueuePeakBytes: 500_000, kernelDrops: 7 }),
    );
    expect(finding).toMatchObject({
      severity: "problem",
      sentence:
        "The receive buffer of 1 MiB was full, unseen, or their UDP checksum was wrong: the kernel dropped 7 datagrams since the start.",
      fix: "nstat -az UdpInCsumErrors  # 0: receiveBuffer=8MiB in the listener's URL",
    });
  });

  test("of unknown size may have been full, whatever was found in it", () => {
    const [finding] = bufferFindings(
      listenerOf({ ...buffer, receiveBufferGrantedBytes: null, receiveQueuePeakBytes: 1, kernelDrops: 1 }),
    );
    expect(finding!.sentence).toBe(
      "The receive buffer was full, unseen, or their UDP checksum was wrong: the kernel dropped 1 datagram since the start.",
    );
    expect(finding!.fix).toBe(
      "nstat -az UdpInCsumErrors  # 0: receiveBuffer=16MiB in the listener's URL and sysctl -w net.core.rmem_max=16777216",
    );
  });

  test("that overflowed because the thread could not keep up needs no larger buffer", () => {
    const overloaded = (overloads: number): string[] =>
      bufferFindings(
        listenerOf({ ...buffer, kernelDrops: 7000, counters: { ...listenerCounters(), overloads } }),
      ).map(({ sentence, fix }) => `${sentence} ${fix}`);
    const fix = "a greater workers setting, as far as there are processors for the threads";
    expect(overloaded(1)).toEqual([
      `More came than one thread can read, once: the kernel dropped 7,000 datagrams since the start. ${fix}`,
    ]);
    expect(overloaded(1200)).toEqual([
      `More came than one thread can read, 1,200 times: the kernel dropped 7,000 datagrams since the start. ${fix}`,
    ]);
  });

  test("in which next to nothing was ever found is not spoken of", () => {
    const found = (receiveQueuePeakBytes: number, receiveQueuePeakMs: number): unknown =>
      bufferFindings(listenerOf({ ...buffer, receiveQueuePeakBytes, receiveQueuePeakMs })).map(
        ({ severity }) => severity,
      );
    expect([found(5000, 1), found(10_485, 1), found(10_486, 1)]).toEqual([[], [], ["note"]]);
    expect([found(1 << 19, 0), found(1 << 19, 1), found((1 << 19) + 1, 1)]).toEqual([
      [],
      ["note"],
      ["advice"],
    ]);
  });

  test("of which the system tells nothing is not spoken of", () => {
    const silent = { kernelDrops: null, receiveQueuePeakBytes: 0, receiveQueuePeakMs: 0 };
    expect(bufferFindings(listenerOf({ ...buffer, ...silent }))).toEqual([]);
    expect(bufferFindings(listenerOf({ ...silent, receiveBufferGrantedBytes: null }))).toEqual([]);
  });
});

test("readings that were refused are told with their reasons, the most frequent first", () => {
  const heard = (refusedReadings: Record<string, number>) =>
    trafficFindings(groupOf({ counters: listenerCounters({ refusedReadings }) }));
  expect(heard({})).toEqual([]);
  expect(heard({ "unknown-type": 3, "bad-value": 1200 })).toEqual([
    expect.objectContaining({
      code: "refused-readings",
      severity: "advice",
      sentence:
        "1,203 readings were refused (1,200 bad-value, 3 unknown-type); the rest of their datagrams is stored.",
    }),
  ]);
  expect(heard({ "bad-time": 1 })[0]!.sentence).toMatch(/^1 reading was refused \(1 bad-time\);/);
});

test("datagrams that were rejected are told with their reasons: advice from 1 % of what came on, else a note", () => {
  const heard = (datagrams: number, rejected: Record<string, number>) =>
    trafficFindings(groupOf({ counters: listenerCounters({ datagrams, rejected }) }));
  expect(heard(30, { "not-asked": 30 })).toEqual([]);
  expect(heard(30, { "bad-json": 29, truncated: 1 })).toEqual([
    {
      code: "rejected-datagrams",
      severity: "advice",
      sentence: "Of 30 datagrams 30 were rejected (29 bad-json, 1 truncated): nothing in them is used.",
      fix: expect.stringContaining("docs/protocol.md"),
      listener: groupOf().url,
    },
  ]);
  expect(heard(100, { "bad-magic": 1 })[0]).toMatchObject({
    severity: "advice",
    sentence: "Of 100 datagrams 1 was rejected (1 bad-magic): nothing in them is used.",
  });
  expect(heard(101, { "bad-magic": 1 })[0]).toMatchObject({ severity: "note", fix: null });
  const lastRejected = { atUs: 1_795_176_000_000_000, source: "10.0.0.9:5000", reason: "bad-checksum" };
  const counters = listenerCounters({ datagrams: 9, rejected: { "bad-checksum": 2 } });
  expect(trafficFindings(groupOf({ counters, lastRejected }))[0]!.sentence).toBe(
    "Of 9 datagrams 2 were rejected (2 bad-checksum): nothing in them is used. The last one, bad-checksum, came from 10.0.0.9:5000 at 2026-11-20T12:00:00.000000Z.",
  );
  // a finding of its own
  const codes = heard(9, { crosstalk: 9 }).map(({ code }) => code);
  expect(codes).toEqual(["crosstalk"]);
});

test("datagrams of devices beyond maxDevices are a problem of the collector, whichever listeners they came by", () => {
  const { collector, store } = new FakeSources();
  const beyond = (...refused: number[]): Finding[] =>
    findingsOf(
      {
        ...collector,
        listeners: refused.map((each) =>
          groupOf({
            lastDatagramAtUs: 1,
            counters: listenerCounters({ datagrams: each, rejected: { "device-limit": each } }),
          }),
        ),
      },
      store,
    );
  expect(beyond(1000, 203)).toEqual([
    {
      code: "device-limit",
      severity: "problem",
      sentence:
        "1,203 datagrams of new devices were rejected: as many devices as maxDevices allows are followed, and none of them could make room.",
      fix: expect.stringMatching(/^a greater maxDevices/),
      listener: null,
    },
  ]);
  expect(beyond(0, 0)).toEqual([]);
});

test("send times that cannot be are told of from 1 % on", () => {
  const listener = (unusableSendTimes: number) =>
    listenerOf({ counters: listenerCounters({ datagrams: 10_000, unusableSendTimes }) });
  expect(timeFindings(listener(99))).toEqual([]);
  // a collector without the time sees all senders ahead
  expect(timeFindings(listener(250))).toMatchObject([
    {
      sentence:
        "2.5 % of 10,000 datagrams had a send time before 2000 or a day ahead of the collector's clock: their arrival stands in for it.",
      fix: expect.stringMatching(/^date -u {2}# on the collector's host.*set the senders' clocks/),
    },
  ]);
  expect(timeFindings(listener(100))).toHaveLength(1);
  expect(timeFindings(listenerOf())).toEqual([]);
  const few = (datagrams: number) =>
    timeFindings(listenerOf({ counters: listenerCounters({ datagrams, unusableSendTimes: datagrams }) }));
  expect([few(999).length, few(1000).length]).toEqual([0, 1]);
});

test("what is most urgent comes first", () => {
  const { collector, store } = new FakeSources();
  const path = { path: "B", listeners: ["udp://b"], sinceUs: 0, expected: 9, received: 0, redundant: 0 };
  const findings = findingsOf(
    {
      ...collector,
      listeners: [groupOf({ receiveQueuePeakBytes: MIB, receiveQueuePeakMs: 11 }), listenerOf()],
      paths: [{ ...path, state: "down", onlyHere: 0, skewMedianUs: null, skewP99Us: null }],
    },
    { ...store, state: "FAILED" },
  );
  expect(findings.map(({ code, severity }) => [severity, code])).toEqual([
    ["problem", "database"],
    ["problem", "kernel-drops"],
    ["advice", "path-down"],
    ["advice", "buffer-granted"],
    ["note", "receive-buffer"],
  ]);
});

test("without evidence there is nothing to say", () => {
  const { collector, store } = new FakeSources();
  expect(findingsOf({ ...collector, listeners: [] }, store)).toEqual([]);
});
