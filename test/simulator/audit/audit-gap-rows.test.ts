import { expect, test } from "vitest";
import { auditOf, linesOf, sceneOf, sceneWithLate, victimOf } from "./audit-scene.ts";

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

test("the gap rows of a device are not looked through anew for each of its starts", async () => {
  const scene = sceneOf({ devices: 1, durationMs: 60_000, restartsPerMinute: 12 });
  const [device] = scene.ledger.devices.values();
  let looks = 0;
  device!.gaps = device!.gaps.map(({ epoch, ...gap }) => ({
    ...gap,
    get epoch() {
      looks++;
      return epoch;
    },
  }));
  expect(linesOf(await auditOf(scene))).toEqual([]);
  expect(device!.runs.length).toBeGreaterThan(6);
  expect(looks).toBeLessThanOrEqual(3 * device!.gaps.length);
});
