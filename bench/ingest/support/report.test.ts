import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { temporaryDirectory } from "../../../test/support/lacuna-process.ts";
import { openResults, type Pair, spreadOf, summarizePairs, tableRow, writeResults } from "./report.ts";
import type { CollectorRun, Run } from "./runs.ts";

test.each([
  [[3], { median: 3, min: 3, max: 3 }],
  [[10, 9, 100], { median: 10, min: 9, max: 100 }],
  [[4, 1, 3, 2], { median: 2.5, min: 1, max: 4 }],
])("of %j the middle, the least and the greatest are shown", (values, spread) => {
  expect(spreadOf(values)).toEqual(spread);
});

const usage = { cpuSeconds: 2, threadSeconds: { main: 0.5, ingest: 1.5 }, writtenBytes: 0, diskBytes: 0 };
const generator = {
  ...{ sent: 1_000_000, control: 0, datagramBytes: 60, seconds: 10 },
  ...{ achievedHz: 100_000, cpuSeconds: 1 },
};
const collectorRun: CollectorRun = {
  ...{ generator, usage, wallSeconds: 10, usPerDatagram: 2, datagrams: 1_000_000, lost: 0 },
  ...{ kernelDrops: 0, shed: 0, causes: {}, isAccounted: true, stored: 1_000_000, settleSeconds: 1 },
  ...{ queried: { readings: 10, expected: 10 }, peakBytes: 2 ** 27, residentBytes: 2 ** 26 },
  ...{ fileBytes: 2_000_000, bytesPerReading: 2, writtenBytes: 8_000_000 },
};
const discardRun: Run = {
  generator,
  usage,
  wallSeconds: 10,
  usPerDatagram: 1,
  datagrams: 1_000_000,
  lost: 0,
};

const summaryOf = (...pairs: { discard?: Partial<Run> | null; collector?: Partial<CollectorRun> }[]) =>
  summarizePairs(
    { devices: 1000, readings: 1, epoch: 1, rateHz: 100_000, rounds: 1000, segments: 1, spacingUs: null },
    { receive: "auto", collectArgs: [], nodeOptions: "" },
    "how much?",
    pairs.map(
      ({ discard = null, collector }): Pair => ({
        discard: discard === null ? null : { ...discardRun, ...discard },
        collector: { ...collectorRun, ...collector },
        observed: null,
      }),
    ),
  );

describe("a summary", () => {
  test("compares each run with the one beside it, not with a mean", () => {
    const summary = summaryOf(
      { discard: { usPerDatagram: 1 }, collector: { usPerDatagram: 1.5 } },
      { discard: { usPerDatagram: 4 }, collector: { usPerDatagram: 4.4 } },
      { discard: { usPerDatagram: 1 }, collector: { usPerDatagram: 1.3 } },
    );
    expect(summary.ratio).toEqual({ median: 1.3, min: expect.closeTo(1.1), max: 1.5 });
    expect(tableRow("w1", summary)).toMatchObject({ ratio: "1.30 (1.10-1.50)", accounted: "all" });
  });

  test("of a scenario that is not compared has no ratio", () => {
    const summary = summaryOf({});
    expect([summary.ratio, summary.discardUsPerDatagram, tableRow("w3", summary).ratio]).toEqual([
      null,
      null,
      "-",
    ]);
  });

  test.each<[string, Partial<CollectorRun>]>([
    ["number sent is in no bin", { isAccounted: false }],
    ["stored reading is in no answer", { queried: { readings: 9, expected: 10 } }],
  ])("says so when in one run of several a %s", (_what, collector) => {
    expect(tableRow("w1", summaryOf({}, { collector }, {})).accounted).toBe("NO");
  });

  test("counts CPU by readings that were stored and by datagrams that were taken", () => {
    const summary = summaryOf({ collector: { stored: 500_000, datagrams: 250_000, lost: 7 } }, {});
    expect(summary).toMatchObject({
      cpuSecondsPerMillionReadings: { min: 2, max: 4 },
      threadUsPerDatagram: { main: 1.25, ingest: 3.75 },
      coreShare: { median: 0.2 },
      writeAmplification: { median: 4 },
      lost: [7, 0],
      runsWithoutLoss: 1,
    });
  });
});

describe("the file of the results", () => {
  const folder = temporaryDirectory();
  afterAll(() => folder.remove());
  const file = join(folder.path, "results.json");

  test("is not there before anything is measured, and keeps scenarios of earlier runs", () => {
    expect(openResults(file)).toEqual({});
    expect(existsSync(file)).toBe(false);
    writeResults(file, {}, { w1: summaryOf({}), w2: summaryOf({}) });
    const earlier = openResults(file);
    expect(Object.keys(earlier)).toEqual(["w1", "w2"]);
    writeResults(file, earlier, { w2: summaryOf({ collector: { lost: 5 } }) });
    expect(openResults(file)).toMatchObject({ w1: { lost: [0] }, w2: { lost: [5] } });
  });

  test.each([
    ["no JSON", "{", "holds something else than results"],
    ["null", "null", "holds something else than results"],
    ["other JSON", "[]", "holds something else than results"],
  ])("that is %s is not written over", (_what, text, message) => {
    const other = join(folder.path, "other.json");
    writeFileSync(other, text);
    expect(() => openResults(other)).toThrow(message);
    expect(readFileSync(other, "utf8")).toBe(text);
  });

  test("with figures of another machine is not mixed with those of this one", () => {
    const other = join(folder.path, "elsewhere.json");
    writeResults(other, {}, {});
    const content = JSON.parse(readFileSync(other, "utf8"));
    writeFileSync(other, JSON.stringify({ ...content, machine: { ...content.machine, kernel: "0.99" } }));
    expect(() => openResults(other)).toThrow("another machine");
  });

  test("that cannot be written is said at once", () => {
    expect(() => openResults(join(folder.path, "nowhere", "results.json"))).toThrow("cannot be written");
  });
});
