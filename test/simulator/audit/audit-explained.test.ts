import { expect, test } from "vitest";
import { zeroCounts } from "../../../protocol/ledger-counts.ts";
import { formatReport } from "../../../simulator/audit/audit.ts";
import type { Fate } from "../reference-ledger.ts";
import { BASE_US, type Sent } from "../support.ts";
import { auditOf, linesOf, sceneOf, sceneWithLate, victimOf } from "./audit-scene.ts";

test.each([{}, { endHeartbeats: 0 }])(
  "a number that the ledger has received and nobody used is named, also when nobody knows the end: %j",
  async (given) => {
    const scene = sceneOf({ ...given, loss: 0, burstEnter: 0, corrupt: 0 });
    const { device: id, epoch, next } = scene.truth.records.at(-1)!;
    const device = scene.ledger.devices.get(id)!;
    const run = device.runs.find((each) => each.epoch === epoch)!;
    run.highWater = next;
    for (const counts of [run.counts, device.counts, scene.ledger.fleet.counts])
      for (const name of ["expected", "received", "inOrder", "stored"] as const)
        counts[name] = Number(counts[name]) + 1;
    const where = `${id}/${epoch}`;
    expect(linesOf(await auditOf(scene))).toEqual(
      expect.arrayContaining([
        `received ${where} ${next}-${next}: never used | received`,
        `high-water ${where} : ${next - 1} | ${next}`,
      ]),
    );
  },
);

test("a tail nobody heard of is a difference after end heartbeats, and none without them", async () => {
  const withoutEnd = ({ emission }: Sent): boolean => !emission.isEnd;
  const given = { loss: 0.3, restartsPerMinute: 0, seed: 5, devices: 40 };
  const promised = await auditOf(sceneOf(given, {}, withoutEnd));
  expect(new Set(promised.differences.map(({ subject }) => subject))).toEqual(new Set(["high-water"]));
  expect((await auditOf(sceneOf({ ...given, endHeartbeats: 0 }))).isClean).toBe(true);
  // heartbeats that are lost like all else promise nothing
  expect((await auditOf(sceneOf({ ...given, impairControl: true }, {}, withoutEnd))).isClean).toBe(true);
});

test("an epoch of which something was delivered must be in the ledger", async () => {
  const scene = sceneOf();
  const { device, run, record } = victimOf(scene);
  device.runs = device.runs.filter((each) => each !== run);
  const { differences } = await auditOf(scene);
  const absent = differences.find(({ subject }) => subject === "epoch");
  expect(absent).toMatchObject({ device: record.device, epoch: record.epoch, ledger: "the epoch is absent" });
});

test("a device of which something was delivered must be in the ledger, each of its epochs", async () => {
  const scene = sceneOf();
  const { device } = scene.truth.records[0]!;
  scene.ledger.devices.delete(device);
  const absent = (await auditOf(scene)).differences.filter((difference) => difference.device === device);
  const records = scene.truth.records.filter((record) => record.device === device);
  expect(records.length).toBeGreaterThan(1);
  expect(absent.map(({ epoch, ledger }) => [epoch, ledger])).toEqual(
    records.map(({ epoch }) => [epoch, "the epoch is absent"]),
  );
});

test("an epoch of which nothing was delivered may be absent", async () => {
  const scene = sceneOf({ loss: 1, impairControl: true });
  expect(scene.ledger.devices.size).toBe(0);
  const report = await auditOf(scene);
  expect(report.isClean).toBe(true);
  expect([report.epochs, report.numbers, report.impaired]).toEqual([scene.truth.records.length, 1200, 1200]);
});

test("a device the truth does not know is a difference", async () => {
  const scene = sceneOf();
  const { device } = scene.truth.records[0]!;
  scene.truth.records = scene.truth.records.filter((record) => record.device !== device);
  expect(linesOf(await auditOf(scene))).toEqual([`device ${device}/undefined : no such device | known`]);
});

test("an epoch the truth does not know is a difference", async () => {
  const scene = sceneOf();
  const { record, where } = victimOf(scene);
  scene.truth.records = scene.truth.records.filter((other) => other !== record);
  expect(linesOf(await auditOf(scene)).join()).toContain(`epoch ${where} : no such epoch`);
});

test("unknown devices and epochs are counted when allowed", async () => {
  const scene = sceneOf();
  const { device } = scene.truth.records[0]!;
  scene.truth.records = scene.truth.records.filter((record) => record.device !== device);
  const report = await auditOf(scene, { allowUnknown: true });
  expect(linesOf(report)).toEqual([]);
  expect([report.unknownDevices, report.unknownEpochs]).toEqual([1, 0]);
});

test("an unknown epoch of a known device is counted when allowed", async () => {
  const scene = sceneOf();
  const { record } = victimOf(scene);
  scene.truth.records = scene.truth.records.filter((other) => other !== record);
  const report = await auditOf(scene, { allowUnknown: true });
  expect(linesOf(report)).toEqual([]);
  expect([report.unknownDevices, report.unknownEpochs]).toEqual([0, 1]);
  expect(formatReport(report)).toContain("not in the truth: 0 devices, 1 epoch");
});

const blame =
  (cause: "socket-overflow" | "queue-overflow" | "collector-down" | "undetermined"): Fate =>
  (device, _epoch, sequence) =>
    device === "sim-2" && sequence >= 20 && sequence < 30 ? cause : null;

test.each(["socket-overflow", "queue-overflow", "collector-down"] as const)(
  "numbers lost by %s are explained, and counted",
  async (cause) => {
    const scene = sceneOf({ restartsPerMinute: 0 }, { fate: blame(cause) });
    const report = await auditOf(scene);
    expect(linesOf(report)).toEqual([]);
    const none = { "socket-overflow": 0, "queue-overflow": 0, "collector-down": 0 };
    const lost = scene.ledger.fleet.counts.causes[cause];
    expect(lost).toBeGreaterThan(5);
    expect(report.blamed).toEqual({ ...none, [cause]: lost });
    expect(report.boundedDuplicates).toBeGreaterThan(0);
    expect(formatReport(report).join("\n")).toContain(`${cause} ${report.blamed[cause]}`);
  },
);

test("a loss that the ledger blames, in whatever run, or a datagram shed may have taken copies of any", async () => {
  /** The audit of a ledger that lacks one copy of a device of which nothing is blamed. */
  const lackingOne = async (fate: Fate, shed: number) => {
    const scene = sceneOf({ restartsPerMinute: 0 }, { fate });
    const device = scene.ledger.devices.get("sim-0")!;
    const { fleet } = scene.ledger;
    for (const counts of [device.runs[0]!.counts, device.counts, fleet.counts])
      counts.duplicates = Number(counts.duplicates) - 1;
    fleet.shed = shed;
    fleet.datagrams = Number(fleet.datagrams) - 1 + shed;
    return (await auditOf(scene)).differences.map(({ subject, device: id }) => `${subject} ${id}`);
  };
  expect(await lackingOne(() => null, 0)).toEqual(["duplicates sim-0"]);
  expect(await lackingOne(() => null, 1)).toEqual([]);
  expect(await lackingOne(blame("queue-overflow"), 0)).toEqual([]);
});

test.each([
  ["recovered", BASE_US + 15e6, 0],
  ["recovered", 0, 1],
  ["late", BASE_US + 15e6, 1],
] as const)(
  "a number that a collector got back after its start may lack the copies it had before: %s, since %i",
  async (arrival, listeningSinceUs, count) => {
    const { scene, device, run } = sceneWithLate(arrival, listeningSinceUs);
    expect(linesOf(await auditOf(scene))).toEqual([]);
    const { fleet } = scene.ledger;
    for (const counts of [run.counts, device.counts, fleet.counts])
      counts.duplicates = Number(counts.duplicates) - 1;
    fleet.datagrams = Number(fleet.datagrams) - 1;
    expect((await auditOf(scene)).differences.filter(({ subject }) => subject === "duplicates")).toHaveLength(
      count,
    );
  },
);

test("delivered numbers lost for an unknown cause are not explained", async () => {
  const report = await auditOf(sceneOf({ restartsPerMinute: 0 }, { fate: blame("undetermined") }));
  expect(report.isClean).toBe(false);
  expect(report.differences[0]).toMatchObject({ subject: "received", device: "sim-2" });
});

test.each([
  ["as the clock says", BASE_US, BASE_US + 10e6],
  ["a year before what the devices' clocks say", BASE_US + 365 * 86_400e6, BASE_US + 10e6],
  ["nobody knows when", BASE_US, null],
])(
  "numbers before the collector listened are explained for an epoch that began before, and so are their copies: %s",
  async (_what, baseTimeUs, listeningSinceUs) => {
    const given = { restartsPerMinute: 0, skewMs: 0, reorder: 0, jitterMs: 0, baseTimeUs };
    const scene = sceneOf(given, { listeningSinceUs }, ({ emission }) => emission.dueUs >= 10e6);
    const report = await auditOf(scene);
    expect(linesOf(report)).toEqual([]);
    expect(report.beforeListening).toBeGreaterThan(6 * 99);
    expect(report.boundedDuplicates).toBe(6);
  },
);

test("numbers before the first one heard are not explained when the collector was listening", async () => {
  const given = { restartsPerMinute: 0, duplicate: 0, reorder: 0, jitterMs: 0 };
  const scene = sceneOf(given, { listeningSinceUs: 0 }, ({ emission }) => emission.dueUs >= 10e6);
  const { differences } = await auditOf(scene);
  expect(differences.filter(({ ledger }) => ledger === "not expected")).toHaveLength(6);
});

test("the tail of an epoch that ended while the collector was down is not explained: nobody knows it, and nothing is to blame", async () => {
  const [fromUs, sinceUs] = [5e6, 15e6];
  const given = { restartsPerMinute: 20, loss: 0, burstEnter: 0, corrupt: 0, duplicate: 0, reorder: 0 };
  const scene = sceneOf(
    { ...given, jitterMs: 0 },
    { listeningSinceUs: BASE_US + sinceUs },
    ({ emission }) => emission.dueUs < fromUs || emission.dueUs >= sinceUs,
  );
  for (const { runs } of scene.ledger.devices.values()) for (const run of runs) run.tailKnown = false;
  const tails = (await auditOf(scene)).differences.filter(({ subject }) => subject === "received");
  expect(tails.length).toBeGreaterThan(0);
  for (const { device, epoch, numbers, truth, ledger } of tails) {
    const run = scene.ledger.devices.get(device!)!.runs.find((each) => each.epoch === epoch)!;
    expect([truth, ledger, numbers![0]![0]]).toEqual(["delivered", "not expected", run.highWater! + 1]);
  }
});

test("the first epochs of a device may be absent when they were over before the collector listened", async () => {
  const since = 15e6;
  const given = {
    duplicate: 0,
    reorder: 0,
    jitterMs: 0,
    loss: 0,
    burstEnter: 0,
    corrupt: 0,
    restartsPerMinute: 20,
  };
  const scene = sceneOf(
    given,
    { listeningSinceUs: BASE_US + since },
    ({ emission }) => emission.dueUs >= since,
  );
  const report = await auditOf(scene);
  expect(linesOf(report)).toEqual([]);
  expect([report.numbers, report.epochs]).toEqual([1200, scene.truth.records.length]);
  expect(report.received + report.beforeListening).toBe(1200);
  // nobody knows that they were
  scene.ledger.listeningSinceUs = null;
  const named = (await auditOf(scene)).differences;
  expect(new Set(named.map(({ ledger }) => ledger))).toEqual(new Set(["the epoch is absent"]));
});

test("an epoch that was over before the collector listened again, behind one that is known, is not explained", async () => {
  const [fromUs, sinceUs] = [3e6, 17e6];
  const scene = sceneOf(
    {
      ...{ restartsPerMinute: 20, loss: 0, burstEnter: 0, corrupt: 0, duplicate: 0, reorder: 0 },
      ...{ jitterMs: 0, endHeartbeats: 0 },
    },
    { listeningSinceUs: BASE_US + sinceUs },
    ({ emission }) => emission.dueUs < fromUs || emission.dueUs >= sinceUs,
  );
  const known = new Set([...scene.ledger.devices.values()].flatMap(({ runs }) => runs));
  expect(known.size).toBeLessThan(scene.truth.records.length);
  const absent = (await auditOf(scene)).differences.filter(({ subject }) => subject === "epoch");
  expect(absent).toHaveLength(scene.truth.records.length - known.size);
});

test("each start of a device that reuses its epoch is reconciled with a run of its own", async () => {
  const scene = sceneOf({ restartsPerMinute: 0 });
  const { device, record, run } = victimOf(scene);
  scene.truth.records.push({ ...record, next: 0, dropped: [], corrupted: [], copies: [] });
  const nothingYet = { ...run, run: 1, first: 0, highWater: null, counts: zeroCounts() };
  device.runs = [...device.runs, nothingYet];
  expect(linesOf(await auditOf(scene))).toEqual([]);
});

test("of two starts nothing was delivered of, one may have left a run all the same", async () => {
  const scene = sceneOf({ restartsPerMinute: 0 });
  const { device, record, run } = victimOf(scene);
  const nothing = { ...record, next: 0, dropped: [], corrupted: [], copies: [] };
  scene.truth.records.push(nothing, nothing);
  const nothingYet = { ...run, run: 1, first: 0, highWater: null, counts: zeroCounts() };
  device.runs = [nothingYet, ...device.runs];
  expect(linesOf(await auditOf(scene))).toEqual([]);
});

test("a run more than the device had starts is a difference", async () => {
  const scene = sceneOf();
  const { device, run, where } = victimOf(scene);
  device.runs = [...device.runs, { ...run, run: 1, first: 0, highWater: null, counts: zeroCounts() }];
  expect(linesOf(await auditOf(scene))).toEqual([
    `epoch ${where} : no further start | run 1 with 0 received`,
  ]);
});
