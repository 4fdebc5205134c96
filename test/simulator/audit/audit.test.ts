import { expect, test } from "vitest";
import type { Count } from "../../../protocol/ledger-counts.ts";
import { auditOf, linesOf, sceneOf, victimOf } from "./audit-scene.ts";

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
  expect(report.boundedDuplicates).toBe(0);
});

test("an audit tells how many devices it has looked at, up to all of them", async () => {
  const told: number[][] = [];
  await auditOf(sceneOf({ devices: 19 }), { onProgress: (...progress: number[]) => told.push(progress) });
  expect(told).toEqual([
    [8, 19],
    [16, 19],
    [19, 19],
  ]);
});

// the mutation check of the audit: one altered number each

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

test.each([0, 5])("a stored reading of a number nobody used is named: %i behind the last", async (behind) => {
  const scene = sceneOf();
  const { device, readings, record, where } = victimOf(scene);
  const sequence = record.next + behind;
  device.readings.push({ ...readings[0]!, sequence });
  expect(linesOf(await auditOf(scene))).toEqual([
    `stored ${where} ${sequence}-${sequence}: not received | stored`,
    `counter ${where} : ${readings.length + 1} stored readings | stored ${readings.length}`,
  ]);
});
