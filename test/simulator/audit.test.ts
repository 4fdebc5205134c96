import { expect, test } from "vitest";
import { type Count, zeroCounts } from "../../protocol/ledger-counts.ts";
import { Findings } from "../../simulator/audit/report.ts";
import {
  type AuditGap,
  type AuditReport,
  audit,
  formatDifference,
  formatReport,
} from "../../simulator/audit.ts";
import type { SimulatorSettings } from "../../simulator/settings.ts";
import type { Truth } from "../../simulator/truth.ts";
import { type Fate, type ReferenceLedger, referenceLedger, sourceOf } from "./reference-ledger.ts";
import { BASE_US, fixedSettings, IMPAIRED, type Sent, simulateInMemory } from "./support.ts";

const SMALL: Partial<SimulatorSettings> = {
  ...{ devices: 6, rateHz: 10, durationMs: 20_000, channels: 5, restartsPerMinute: 6 },
  ...IMPAIRED,
};

interface Scene {
  truth: Truth;
  ledger: ReferenceLedger;
}

const sceneOf = (
  given: Partial<SimulatorSettings> = {},
  options: Parameters<typeof referenceLedger>[1] = {},
  select: (sent: Sent) => boolean = () => true,
): Scene => {
  const { sent, truth } = simulateInMemory(fixedSettings({ ...SMALL, ...given }));
  const bytes = sent.filter(select).map((each) => each.bytes);
  return { truth: structuredClone(truth), ledger: referenceLedger(bytes, options) };
};

const auditOf = ({ truth, ledger }: Scene, options = {}): Promise<AuditReport> =>
  audit(truth, sourceOf(ledger), options);

/** Differences as `subject device/epoch numbers: truth | ledger`. */
const linesOf = (report: AuditReport): string[] =>
  report.differences.map(
    ({ subject, device, epoch, numbers, truth, ledger }) =>
      `${subject} ${device}/${epoch} ${numbers?.flat().join("-") ?? ""}: ${truth} | ${ledger}`,
  );

test.each([
  ["native", {}],
  ["JSON", { format: "json" }],
  ["JSON without send time", { format: "json", jsonTime: false }],
  ["unimpaired", { loss: 0, burstEnter: 0, duplicate: 0, reorder: 0, corrupt: 0, restartsPerMinute: 0 }],
  ["JSON without epoch", { format: "json", jsonEpoch: false, restartsPerMinute: 0 }],
  ["impaired control", { impairControl: true, endHeartbeats: 5, restartsPerMinute: 0 }],
  ["epochs that shrink", { epochOrder: "shrink" }],
] as const)("a right ledger of a %s fleet is clean, number by number", async (_what, given) => {
  const scene = sceneOf(given);
  const report = await auditOf(scene);
  expect(linesOf(report)).toEqual([]);
  expect(report.isClean).toBe(true);
  expect(report.numbers).toBe(1200);
  expect(report.received + report.impaired).toBe(1200);
  expect(report.values).toBe(report.received * 5);
});

// the mutation check of the audit: one altered number each

/** The first record with a dropped, a corrupted and a repeated number, and its place in the ledger. */
const victimOf = ({ truth, ledger }: Scene) => {
  const record = truth.records.find(
    ({ dropped, corrupted, copies }) => dropped.length > 0 && corrupted.length > 0 && copies.length > 0,
  )!;
  const device = ledger.devices.get(record.device)!;
  const run = device.runs.find(({ epoch }) => epoch === record.epoch)!;
  const gaps = device.gaps.filter(({ epoch }) => epoch === record.epoch);
  const readings = device.readings.filter(({ epoch }) => epoch === record.epoch);
  return { record, device, run, gaps, readings, where: `${record.device}/${record.epoch}` };
};

test("a number the truth calls dropped and the ledger received is named", async () => {
  const scene = sceneOf();
  const { record, readings, where } = victimOf(scene);
  const number = readings[10]!.sequence!;
  record.dropped = [...record.dropped, [number, number] as const].sort((a, b) => a[0] - b[0]);
  expect(linesOf(await auditOf(scene))).toContain(
    `received ${where} ${number}-${number}: dropped | received`,
  );
});

test("a number the truth calls delivered and the ledger lost is named", async () => {
  const scene = sceneOf();
  const { record, where } = victimOf(scene);
  const [first, last] = record.dropped[0]!;
  record.dropped = record.dropped.slice(1);
  expect(linesOf(await auditOf(scene))).toContain(
    `received ${where} ${first}-${last}: delivered | lost or missing`,
  );
});

test("a number the truth calls corrupted and the ledger received is named", async () => {
  const scene = sceneOf();
  const { record, readings, where } = victimOf(scene);
  const number = readings[3]!.sequence!;
  record.corrupted = [[number, number]];
  expect(linesOf(await auditOf(scene))).toContain(
    `received ${where} ${number}-${number}: corrupted | received`,
  );
});

test("one copy more in the truth than duplicates in the ledger is named", async () => {
  const scene = sceneOf();
  const { record, run, where } = victimOf(scene);
  const [first, last, k] = record.copies[0]!;
  record.copies = [[first, last, k + 1], ...record.copies.slice(1)];
  const more = Number(run.counts.duplicates) + (last - first + 1);
  expect(linesOf(await auditOf(scene))).toEqual([
    `duplicates ${where} : ${more} further copies | ${run.counts.duplicates} duplicates`,
  ]);
});

test.each(["temperature", "level", "pressure", "valve", "flow"])(
  "a stored value of %s that is not the one sent is named",
  async (name) => {
    const scene = sceneOf();
    const { readings, where } = victimOf(scene);
    const reading = readings[5]!;
    const sent = reading.values[name]!;
    const stored = typeof sent === "boolean" ? !sent : Number(sent) + 1;
    readings[5]!.values = { ...reading.values, [name]: stored };
    expect(linesOf(await auditOf(scene))).toEqual([
      `value ${where} ${reading.sequence}-${reading.sequence}: ${name} = ${sent} | ${name} = ${stored}`,
    ]);
  },
);

test("a stored value whose last bit differs is named", async () => {
  const scene = sceneOf();
  const { readings } = victimOf(scene);
  const bits = new DataView(new ArrayBuffer(8));
  bits.setFloat64(0, Number(readings[5]!.values.pressure));
  bits.setUint8(7, bits.getUint8(7) ^ 1);
  readings[5]!.values = { ...readings[5]!.values, pressure: bits.getFloat64(0) };
  expect((await auditOf(scene)).differences.map(({ subject }) => subject)).toEqual(["value"]);
});

test("zero and minus zero are not the same value", async () => {
  const scene = sceneOf();
  const { readings } = victimOf(scene);
  const quiet = readings.find(({ values }) => values.flow === 0)!;
  quiet.values = { ...quiet.values, flow: -0 };
  expect((await auditOf(scene)).differences.map(({ subject }) => subject)).toEqual(["value"]);
});

test.each([
  ["valve", Number],
  ["temperature", String],
])("a stored value of %s of another type is not the one sent", async (name, change) => {
  const scene = sceneOf();
  const { readings } = victimOf(scene);
  readings[5]!.values = { ...readings[5]!.values, [name]: change(readings[5]!.values[name]) };
  expect((await auditOf(scene)).differences.map(({ subject }) => subject)).toEqual(["value"]);
});

test.each([
  ["native", 0],
  ["json", 1],
] as const)(
  "a value under its channel's number may be one of a %s datagram, unless it names it",
  async (format, count) => {
    const scene = sceneOf({ format });
    const { readings } = victimOf(scene);
    const { temperature, ...others } = readings[5]!.values;
    readings[5]!.values = { ...others, ch0: temperature! };
    expect((await auditOf(scene)).differenceCount).toBe(count);
  },
);

test("a stored value that nobody sent is named", async () => {
  const scene = sceneOf();
  const { readings, where } = victimOf(scene);
  const { sequence, values } = readings[5]!;
  readings[5]!.values = { ...values, humidity: 40 };
  expect(linesOf(await auditOf(scene))).toEqual([
    `value ${where} ${sequence}-${sequence}: 5 values | 1 more`,
  ]);
});

test.each([
  ["binary", {}, 1],
  ["JSON", { format: "json" }, 1],
  ["JSON without times, which goes by arrival", { format: "json", jsonTime: false }, 0],
] as const)("a stored time that is a microsecond off is named: %s", async (_what, given, count) => {
  const scene = sceneOf(given);
  const { readings, where } = victimOf(scene);
  const { sequence } = readings[5]!;
  readings[5]!.timeUs++;
  const lines = linesOf(await auditOf(scene));
  expect(lines).toHaveLength(count);
  for (const line of lines) expect(line).toContain(`time ${where} ${sequence}-${sequence}: `);
});

const COUNTERS = [
  ...["expected", "received", "inOrder", "reordered", "recovered", "late", "missing", "lost"],
  ...["pending", "stored", "expired", "duplicates"],
] as const;
test.each(COUNTERS)("a run's counter %s that is one too high is named", async (name) => {
  const scene = sceneOf();
  const { run, record } = victimOf(scene);
  const counts = run.counts as unknown as Record<string, Count>;
  counts[name] = Number(counts[name]) + 1;
  const report = await auditOf(scene);
  const named = report.differences.filter(
    ({ device, epoch }) => device === record.device && epoch === record.epoch,
  );
  expect(named.map(({ ledger }) => ledger).join()).toMatch(new RegExp(`${name}|${Number(counts[name])} dup`));
});

test("a device's counter that is not the sum of its runs is named", async () => {
  const scene = sceneOf();
  const { device, record } = victimOf(scene);
  device.counts.duplicates = Number(device.counts.duplicates) + 1;
  const { differences } = await auditOf(scene);
  expect(differences[0]).toMatchObject({ subject: "identity", device: record.device });
  expect(differences[0]!.ledger).toContain("duplicates = sum of its parts");
});

test.each(["datagrams", "control", "shed", "held"] as const)(
  "a fleet counter %s that leaves a datagram unaccounted for is named",
  async (name) => {
    const scene = sceneOf();
    scene.ledger.fleet[name] = Number(scene.ledger.fleet[name]) + 1;
    const { differences } = await auditOf(scene);
    expect(differences).toMatchObject([{ subject: "identity", device: null }]);
  },
);

test("a fleet's counter that is not the sum of its devices is named", async () => {
  const scene = sceneOf();
  const { fleet } = scene.ledger;
  fleet.counts.duplicates = Number(fleet.counts.duplicates) + 1;
  fleet.datagrams = Number(fleet.datagrams) + 1;
  const { duplicates } = fleet.counts;
  expect(linesOf(await auditOf(scene))).toEqual([
    `identity null/undefined : every identity holds | duplicates = sum of its parts: ${duplicates} is not ${Number(duplicates) - 1}`,
  ]);
});

test.each(["device", "fleet"] as const)(
  "causes of a %s that are others than those of its parts are named",
  async (of) => {
    const scene = sceneOf();
    const { causes } = (of === "fleet" ? scene.ledger.fleet : victimOf(scene).device).counts;
    causes.undetermined = Number(causes.undetermined) - 1;
    causes.network = 1;
    const named = (await auditOf(scene)).differences.map(({ ledger }) => ledger);
    expect(named).toContain("causes.network = sum of its parts: 1 is not 0");
  },
);

test("counters of a run the truth does not know, which is allowed, must add up all the same", async () => {
  const scene = sceneOf();
  const { record, run, device } = victimOf(scene);
  scene.truth.records = scene.truth.records.filter((other) => other !== record);
  for (const counts of [run.counts, device.counts, scene.ledger.fleet.counts])
    counts.late = Number(counts.late) + 1;
  const { differences } = await auditOf(scene, { allowUnknown: true });
  expect(differences.map(({ device: id }) => id)).toEqual([record.device, null]);
});

test("a gap row that is one number too long is named", async () => {
  const scene = sceneOf();
  const { gaps, readings, where } = victimOf(scene);
  const numbers = new Set(readings.map(({ sequence }) => sequence));
  const gap = gaps.find(({ last }) => numbers.has(last + 1))!;
  gap.last++;
  expect(linesOf(await auditOf(scene))).toContain(
    `received ${where} ${gap.last}-${gap.last}: delivered | lost or missing`,
  );
});

test("a gap row that is missing is named", async () => {
  const scene = sceneOf();
  const { device, gaps, where } = victimOf(scene);
  const gap = gaps[0]!;
  device.gaps.splice(device.gaps.indexOf(gap), 1);
  expect(linesOf(await auditOf(scene)).join()).toMatch(`received ${where} ${gap.first}-${gap.last}`);
});

test("a gap row with another cause than the counters know is named", async () => {
  const scene = sceneOf();
  victimOf(scene).gaps[0]!.cause = "network";
  expect(linesOf(await auditOf(scene)).join()).toContain("causes.network");
});

test("two gap rows that hold the same number are named", async () => {
  const scene = sceneOf();
  const { device, gaps, where } = victimOf(scene);
  device.gaps.push({ ...gaps[0]! });
  expect(linesOf(await auditOf(scene))).toContain(
    `gap ${where} ${gaps[0]!.first}-${gaps[0]!.last}: absent once | in two gap rows`,
  );
});

test("a gap row of numbers outside the run is named", async () => {
  const scene = sceneOf();
  const { device, gaps, run, where } = victimOf(scene);
  const beyond = run.highWater! + 1;
  device.gaps.push({ ...gaps[0]!, first: beyond, last: beyond });
  expect(linesOf(await auditOf(scene))).toContain(
    `gap ${where} ${beyond}-${beyond}: inside the run | outside first to high water`,
  );
});

test("an open gap row that the counters have as lost is named", async () => {
  const scene = sceneOf();
  const { gaps, run, where } = victimOf(scene);
  const { first, last } = Object.assign(gaps[0]!, { state: "open", cause: null });
  const size = last - first + 1;
  const { undetermined } = run.counts.causes;
  expect(linesOf(await auditOf(scene))).toEqual([
    `counter ${where} : ${size} in open gap rows | missing 0`,
    `counter ${where} : ${Number(undetermined) - size} in lost gap rows | causes.undetermined ${undetermined}`,
  ]);
});

test("a lost gap row without a cause, of numbers that the counters have as received, is named", async () => {
  const scene = sceneOf();
  const { gaps, run, device, where } = victimOf(scene);
  const { first, last } = Object.assign(gaps[0]!, { cause: null });
  const size = last - first + 1;
  for (const counts of [run.counts, device.counts, scene.ledger.fleet.counts]) {
    for (const name of ["received", "inOrder", "stored"] as const) counts[name] = Number(counts[name]) + size;
    counts.lost = Number(counts.lost) - size;
    counts.causes.undetermined = Number(counts.causes.undetermined) - size;
  }
  scene.ledger.fleet.datagrams = Number(scene.ledger.fleet.datagrams) + size;
  const { received, lost } = run.counts;
  expect(linesOf(await auditOf(scene))).toEqual([
    `counter ${where} : ${Number(received) - size} by the truth | received ${received}`,
    `counter ${where} : ${Number(lost) + size} by the truth | missing + lost ${lost}`,
    `counter ${where} : ${Number(received) - size} stored readings | stored ${received}`,
  ]);
});

test("gap rows may come in any order", async () => {
  const scene = sceneOf();
  for (const { gaps } of scene.ledger.devices.values()) gaps.reverse();
  expect(linesOf(await auditOf(scene))).toEqual([]);
});

/** A number of the victim's run that came after its window, asked for or not: rows and counters agree. */
const sceneWithLate = (arrival: "late" | "recovered" = "late", listeningSinceUs = 0) => {
  const scene = sceneOf({}, { listeningSinceUs });
  const victim = victimOf(scene);
  const { epoch, sequence } = victim.readings[4]!;
  for (const counts of [victim.run.counts, victim.device.counts, scene.ledger.fleet.counts]) {
    counts.inOrder = Number(counts.inOrder) - 1;
    counts[arrival] = 1;
  }
  const filled: AuditGap = {
    ...{ epoch, run: 0, first: sequence!, last: sequence! },
    ...{ state: "filled", cause: "undetermined", arrival },
  };
  victim.device.gaps.push(filled);
  return { ...victim, scene, filled };
};

test.each(["undetermined", "socket-overflow"] as const)(
  "a filled gap row of received numbers is no absence, whatever was to blame: %s",
  async (cause) => {
    const { scene, filled } = sceneWithLate();
    filled.cause = cause;
    const report = await auditOf(scene);
    expect(linesOf(report)).toEqual([]);
    expect(report.blamed["socket-overflow"]).toBe(0);
  },
);

test("a number that is in a filled gap row and in one that is not is named", async () => {
  const scene = sceneOf();
  const { device, gaps, where } = victimOf(scene);
  device.gaps.push({ ...gaps[0]!, state: "filled", arrival: "late" });
  const { first, last } = gaps[0]!;
  expect(linesOf(await auditOf(scene))).toContain(
    `gap ${where} ${first}-${last}: in one bin | filled and absent`,
  );
});

test("a filled gap row in another bin than the counters have is named", async () => {
  const { scene, filled, where } = sceneWithLate();
  filled.arrival = "recovered";
  expect(linesOf(await auditOf(scene))).toEqual([
    `counter ${where} : 1 in filled gap rows | recovered 0`,
    `counter ${where} : 0 in filled gap rows | late 1`,
  ]);
});

test("filled gap rows and readings that retention has removed are no difference, other rows than the counters have are", async () => {
  const { scene, filled, device, readings, run, where } = sceneWithLate();
  device.gaps.splice(device.gaps.indexOf(filled), 1);
  device.readings.splice(device.readings.indexOf(readings[4]!), 1);
  for (const counts of [run.counts, device.counts, scene.ledger.fleet.counts]) {
    counts.stored = Number(counts.stored) - 1;
    counts.expired = 1;
  }
  expect(linesOf(await auditOf(scene))).toEqual([]);
  device.gaps.push({ ...filled, arrival: "recovered" });
  expect(linesOf(await auditOf(scene))).toEqual([`counter ${where} : 1 in filled gap rows | recovered 0`]);
});

test.each(["reordered", null] as const)(
  "more numbers in filled gap rows than came out of order are named: %s",
  async (arrival) => {
    const { scene, filled, device, where } = sceneWithLate();
    device.gaps.push({ ...filled, first: filled.first + 1, last: filled.last + 1, arrival });
    expect(linesOf(await auditOf(scene))).toEqual([`counter ${where} : 1 in filled gap rows | reordered 0`]);
  },
);

test("a number in two filled gap rows is named", async () => {
  const { scene, filled, device, where } = sceneWithLate();
  device.gaps.push({ ...filled });
  expect(linesOf(await auditOf(scene))).toContain(
    `gap ${where} ${filled.first}-${filled.last}: filled once | in two gap rows`,
  );
});

test("a filled gap row of numbers outside the run is named", async () => {
  const { scene, filled, run, where } = sceneWithLate();
  filled.first = filled.last = run.highWater! + 1;
  expect(linesOf(await auditOf(scene))).toEqual([
    `gap ${where} ${filled.first}-${filled.last}: inside the run | filled outside first to high water`,
  ]);
});

test.each([{ run: 7 }, { epoch: 7 }])(
  "a gap row of a run the ledger does not have is named: %j",
  async (of) => {
    const scene = sceneOf();
    const { device, gaps, record } = victimOf(scene);
    device.gaps.push({ ...gaps[0]!, ...of });
    expect((await auditOf(scene)).differences).toMatchObject([
      { subject: "gap", device: record.device, ...of, truth: "no such run" },
    ]);
  },
);

test.each([{ run: 7 }, { epoch: 7 }])(
  "stored readings of a run the ledger does not have are named: %j",
  async (of) => {
    const scene = sceneOf();
    const { device, readings, record } = victimOf(scene);
    device.readings.push({ ...readings[0]!, ...of }, { ...readings[1]!, ...of });
    expect((await auditOf(scene)).differences).toMatchObject([
      { subject: "stored", device: record.device, ...of, truth: "no such run", ledger: "2 stored" },
    ]);
  },
);

test("a stored reading without a number, in a run that has numbers, is named", async () => {
  const scene = sceneOf();
  const { device, readings, where } = victimOf(scene);
  device.readings.push({ ...readings[0]!, sequence: null });
  expect(linesOf(await auditOf(scene))).toEqual([`stored ${where} : every datagram has a number | 1 stored`]);
});

test("a head that is said to be known and is not, or the other way round, is named", async () => {
  const scene = sceneOf();
  const { run, where } = victimOf(scene);
  run.headKnown = !run.headKnown;
  expect(linesOf(await auditOf(scene)).join()).toContain(
    `identity ${where} : every identity holds | headKnown = first is 0: 0 is not 1`,
  );
});

test("an open end too many, or too few, is named", async () => {
  const scene = sceneOf();
  const { run, record } = victimOf(scene);
  for (const each of scene.ledger.devices.get(record.device)!.runs) each.tailKnown = false;
  const named = (await auditOf(scene)).differences.map(({ device, ledger }) => `${device} ${ledger}`);
  const { length } = scene.ledger.devices.get(record.device)!.runs;
  expect(length).toBeGreaterThan(1);
  expect(named).toEqual([`${record.device} unknown = open ends of the runs: 0 is not ${length}`]);
  expect(run.tailKnown).toBe(false);
});

test("a reading that is not stored is named", async () => {
  const scene = sceneOf();
  const { device, readings, where } = victimOf(scene);
  const { sequence } = readings[7]!;
  device.readings.splice(device.readings.indexOf(readings[7]!), 1);
  expect(linesOf(await auditOf(scene))).toContain(
    `stored ${where} ${sequence}-${sequence}: delivered | not stored`,
  );
});

test("numbers that wait to be stored are not explained: nobody can compare their values", async () => {
  const scene = sceneOf();
  const { device, run, readings, where } = victimOf(scene);
  device.readings.splice(device.readings.indexOf(readings[7]!), 1);
  for (const counts of [run.counts, device.counts, scene.ledger.fleet.counts]) {
    counts.stored = Number(counts.stored) - 1;
    counts.pending = 1;
  }
  const { sequence } = readings[7]!;
  expect(linesOf(await auditOf(scene))).toEqual([
    `counter ${where} : 0 waiting to be stored | pending 1`,
    `stored ${where} ${sequence}-${sequence}: delivered | not stored`,
  ]);
});

test("a reading that is stored twice is named", async () => {
  const scene = sceneOf();
  const { device, readings, where } = victimOf(scene);
  const { sequence } = readings[7]!;
  device.readings.push(readings[7]!);
  expect(linesOf(await auditOf(scene))).toEqual([
    `stored ${where} ${sequence}-${sequence}: once | stored twice`,
  ]);
});

test("a stored reading of a number nobody used is named", async () => {
  const scene = sceneOf();
  const { device, readings, record, where } = victimOf(scene);
  device.readings.push({ ...readings[0]!, sequence: record.next + 5 });
  expect(linesOf(await auditOf(scene))).toEqual([
    `stored ${where} ${record.next + 5}-${record.next + 5}: not received | stored`,
    `counter ${where} : ${readings.length + 1} stored readings | stored ${readings.length}`,
  ]);
});

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
  expect(report.impaired).toBe(1200);
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
    expect(report.blamed[cause]).toBeGreaterThan(5);
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

test("a report names device, epoch, numbers and both opinions", async () => {
  const scene = sceneOf();
  const { record, readings } = victimOf(scene);
  const number = readings[10]!.sequence!;
  record.dropped = [...record.dropped, [number, number] as const].sort((a, b) => a[0] - b[0]);
  const report = await auditOf(scene);
  const text = formatReport(report).join("\n");
  expect(text).toContain(
    `received: device ${record.device}, epoch ${record.epoch}, ${number}: truth: dropped; ledger: received`,
  );
  expect(text).toMatch(/\d+ differences$/);
  expect(formatReport({ ...report, differenceCount: 1 }).at(-1)).toBe("1 difference");
});

test("a report lists the first thousand differences and counts all of them", () => {
  const findings = new Findings();
  const ofOne = (differences: number): Findings => {
    const found = new Findings();
    for (let at = 0; at < differences; at++)
      found.differ({ subject: "value", device: "pump-7", truth: "1", ledger: "2" });
    return found;
  };
  for (const count of [600, 1200]) findings.add(ofOne(count));
  const report = findings.report();
  expect([report.isClean, report.differenceCount, report.differences.length]).toEqual([false, 1800, 1000]);
  expect(ofOne(1200).report().differences).toHaveLength(1000);
  expect(formatReport(report)[1000]).toBe("… and 800 more differences");
  expect(formatReport({ ...report, differenceCount: 1001 })[1000]).toBe("… and 1 more difference");
});

test("a report says what was checked, and what could only be bounded", () => {
  const report: AuditReport = {
    ...{ isClean: true, differenceCount: 0, differences: [] },
    ...{ devices: 3, epochs: 4, numbers: 100, values: 270, received: 90, impaired: 4, beforeListening: 3 },
    blamed: { "socket-overflow": 1, "queue-overflow": 2, "collector-down": 0 },
    ...{ unknownDevices: 0, unknownEpochs: 0, boundedDuplicates: 1 },
  };
  expect(formatReport(report)).toEqual([
    "checked 100 numbers of 4 epochs of 3 devices, 270 values",
    "received 90, impaired by the simulator 4, before the collector listened 3",
    "blamed: socket-overflow 1, queue-overflow 2, collector-down 0",
    "duplicates of 1 epoch could only be bounded",
    "every number is explained",
  ]);
});

test("a difference names eight ranges of numbers at most, and how many numbers they are", () => {
  const numbers = Array.from({ length: 9 }, (_, at) => [10 * at, 10 * at + (at % 2)] as const);
  const where = { subject: "stored", device: "pump-7", epoch: 3, run: 1 } as const;
  expect(formatDifference({ ...where, numbers, truth: "delivered", ledger: "not stored" })).toBe(
    "stored: device pump-7, epoch 3, run 1, 0, 10-11, 20, 30-31, 40, 50-51, 60, 70-71, … (13 numbers): truth: delivered; ledger: not stored",
  );
});
