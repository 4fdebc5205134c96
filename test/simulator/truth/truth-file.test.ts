import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { Emission } from "../../../simulator/fleet/emission.ts";
import { Fleet } from "../../../simulator/fleet/fleet.ts";
import { checkTruthPath, readTruth, writeTruth } from "../../../simulator/truth/truth-file.ts";
import { fixedSettings, IMPAIRED, simulateInMemory } from "../support.ts";

let directory: string;
let path: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "lacuna-truth-"));
  path = join(directory, "truth.jsonl");
});
afterEach(() => rm(directory, { recursive: true }));

const SETTINGS = fixedSettings({ devices: 3, count: 200, restartsPerMinute: 5, ...IMPAIRED });

test.each([null, "udp://127.0.0.1:4748"])(
  "a truth file is read as it was written: second target %s",
  async (targetB) => {
    const { truth } = simulateInMemory({ ...SETTINGS, targetB });
    expect(truth.records[0]!.paths?.length).toBe(targetB === null ? undefined : 2);
    await writeTruth(path, truth.header, truth.records);
    expect(await readTruth(path)).toEqual(truth);
  },
);

test("the first line holds version, seed, every option and the start, the others one start of a device each", async () => {
  const { truth } = simulateInMemory(SETTINGS);
  await writeTruth(path, truth.header, truth.records);
  const [first, second] = (await readFile(path, "utf8")).split("\n");
  expect(Object.keys(JSON.parse(first!)).slice(0, 2)).toEqual(["version", "seed"]);
  expect(JSON.parse(first!)).toMatchObject({
    version: 1,
    ...SETTINGS,
    startedAt: "2026-11-20T12:00:00.000000Z",
  });
  expect(Object.keys(JSON.parse(second!))).toEqual([
    ...["device", "epoch", "startedAt", "next"],
    ...["dropped", "corrupted", "copies"],
  ]);
});

test("a truth file that cannot be written is an error that names it", async () => {
  const missing = join(directory, "missing", "truth.jsonl");
  const { truth } = simulateInMemory(SETTINGS);
  await expect(writeTruth(missing, truth.header, truth.records)).rejects.toMatchObject({
    code: "ERR_TRUTH_WRITE",
    message: expect.stringContaining(missing),
  });
});

test("whether a truth file has a place is known beforehand, and what it holds stays", async () => {
  await writeFile(path, "former");
  checkTruthPath(path);
  expect(await readFile(path, "utf8")).toBe("former");
  expect(() => checkTruthPath(join(directory, "no", "truth.jsonl"))).toThrow(
    /no\/truth\.jsonl cannot be written/,
  );
});

test("a truth file that is not there is an error", async () => {
  await expect(readTruth(path)).rejects.toMatchObject({ code: "ERR_TRUTH_READ" });
});

const RECORD = {
  ...{ device: "sim-0", epoch: 1, startedAt: "2026-11-20T12:00:00Z", next: 9 },
  ...{ dropped: [], corrupted: [], copies: [] },
};
test.each([
  ["no JSON", "nonsense"],
  ["a list", "[]"],
  ["no device", JSON.stringify({ ...RECORD, device: 5 })],
  ["an epoch that is no number", JSON.stringify({ ...RECORD, epoch: "1" })],
  ["no time", JSON.stringify({ ...RECORD, startedAt: "noon" })],
  ["a next that is no number", JSON.stringify({ ...RECORD, next: -1 })],
  ["an inverted range", JSON.stringify({ ...RECORD, dropped: [[4, 3]] })],
  [
    "ranges out of order",
    JSON.stringify({
      ...RECORD,
      corrupted: [
        [4, 4],
        [2, 2],
      ],
    }),
  ],
  ["half a number", JSON.stringify({ ...RECORD, dropped: [[3.5, 4]] })],
  ["a number below 0", JSON.stringify({ ...RECORD, dropped: [[-3, 4]] })],
  ["paths that are no list", JSON.stringify({ ...RECORD, paths: {} })],
  ["a path that is none", JSON.stringify({ ...RECORD, paths: [null] })],
  [
    "a number that was not used on a path",
    JSON.stringify({ ...RECORD, paths: [{ ...RECORD, dropped: [[8, 9]] }] }),
  ],
  ["a number that was not used", JSON.stringify({ ...RECORD, dropped: [[8, 9]] })],
  ["copies without a count", JSON.stringify({ ...RECORD, copies: [[4, 4]] })],
])("a line with %s is refused by its number", async (_what, line) => {
  const { truth } = simulateInMemory(SETTINGS);
  await writeFile(path, `${JSON.stringify(truth.header)}\n${line}\n`);
  await expect(readTruth(path)).rejects.toMatchObject({
    code: "ERR_TRUTH_FORMAT",
    message: expect.stringContaining(`${path}:2`),
  });
});

const linesOf = async (): Promise<string[]> => {
  const { truth } = simulateInMemory(SETTINGS);
  await writeTruth(path, truth.header, truth.records);
  return (await readFile(path, "utf8")).trim().split("\n");
};

test("empty lines are none", async () => {
  const lines = await linesOf();
  await writeFile(path, `${lines.join("\n\n")}\n\n`);
  expect((await readTruth(path)).records).toHaveLength(lines.length - 1);
});

test("a truth file without any one of its lines is refused", async () => {
  const lines = await linesOf();
  expect(lines.length).toBeGreaterThan(5);
  for (const at of lines.keys()) {
    await writeFile(path, lines.toSpliced(at, 1).join("\n"));
    await expect(readTruth(path)).rejects.toMatchObject({ code: "ERR_TRUTH_FORMAT" });
  }
});

test("a truth file with any one of its lines twice, or two lines of a device in each other's place, is refused", async () => {
  const lines = await linesOf();
  for (const at of lines.keys()) {
    await writeFile(path, [...lines, lines[at]].join("\n"));
    await expect(readTruth(path)).rejects.toMatchObject({ code: "ERR_TRUTH_FORMAT" });
  }
  await writeFile(path, [lines[0], ...lines.slice(1).reverse()].join("\n"));
  await expect(readTruth(path)).rejects.toMatchObject({
    code: "ERR_TRUTH_FORMAT",
    message: expect.stringMatching(
      /truth\.jsonl:2: by the lines before it begins at 2026-11-20T12:00:\S+Z: a line is missing/,
    ),
  });
});

test("lines of different devices may be in any order", async () => {
  const [header, ...lines] = await linesOf();
  const byDevice = lines.toSorted((a, b) => JSON.parse(b).device.localeCompare(JSON.parse(a).device));
  expect(byDevice).not.toEqual(lines);
  await writeFile(path, [header, ...byDevice].join("\n"));
  expect((await readTruth(path)).records).toHaveLength(lines.length);
});

test("a line that says another number was the last one is refused, unless it is of the last round", async () => {
  const lines = await linesOf();
  const record = JSON.parse(lines[1]!);
  for (const next of [record.next - 1, record.next + 1]) {
    await writeFile(path, lines.with(1, JSON.stringify({ ...record, next, dropped: [] })).join("\n"));
    await expect(readTruth(path)).rejects.toMatchObject({ code: "ERR_TRUTH_FORMAT" });
  }
});

test("in the last round a device may have used one number less than the first, not two", async () => {
  const lines = await linesOf();
  const record = { ...JSON.parse(lines.at(-1)!), dropped: [], corrupted: [], copies: [] };
  const lacking = (count: number): string =>
    lines.with(-1, JSON.stringify({ ...record, next: record.next - count })).join("\n");
  await writeFile(path, lacking(1));
  expect((await readTruth(path)).records).toHaveLength(lines.length - 1);
  await writeFile(path, lacking(2));
  await expect(readTruth(path)).rejects.toMatchObject({
    code: "ERR_TRUTH_FORMAT",
    message: expect.stringContaining("has used 198 numbers and"),
  });
});

test("a line of another fleet is refused", async () => {
  const lines = await linesOf();
  const other = lines.at(-1)!.replace('"sim-', '"fleet-');
  await writeFile(path, [...lines, other].join("\n"));
  await expect(readTruth(path)).rejects.toMatchObject({
    message: expect.stringContaining("is none of the devices of the first line"),
  });
});

test("a truth file of a fleet that sent nothing is refused: an audit would find nothing, and every number explained", async () => {
  const [header] = await linesOf();
  await writeFile(path, header!);
  await expect(readTruth(path)).rejects.toMatchObject({
    code: "ERR_TRUTH_FORMAT",
    message: expect.stringContaining("nothing to audit"),
  });
});

test.each([
  ["a run that was stopped in its first round", { devices: 5 }, 3],
  ["one in its second round", { devices: 5 }, 8],
  ["slow devices", { devices: 7, rateHz: 0.01 }, 20],
  ["a rate that is no whole number", { devices: 3, totalRateHz: 7.3 }, 100],
  ["restarts under the same epoch", { epochOrder: "same", restartsPerMinute: 30, rateHz: 5 }, 900],
] as const)("the truth of %s is read", async (_what, given, stopAt) => {
  const fleet = new Fleet(fixedSettings({ ...IMPAIRED, ...given }));
  const emission = new Emission();
  while (fleet.counts.used < stopAt) fleet.next(emission);
  fleet.stop();
  const { truth } = simulateInMemory(fixedSettings({ ...IMPAIRED, ...given, count: 1 }));
  await writeTruth(path, truth.header, fleet.truth());
  const numbers = (await readTruth(path)).records.reduce((sum, { next }) => sum + next, 0);
  expect(numbers).toBe(fleet.counts.used);
});

test.each([
  ["nothing", ""],
  ["another version", JSON.stringify({ version: 2 })],
  [
    "a first line without the options",
    JSON.stringify({ version: 1, startedAt: "2026-11-20T12:00:00Z", epoch: 1, baseTimeUs: 1 }),
  ],
])("a file with %s is refused", async (_what, text) => {
  await writeFile(path, text);
  await expect(readTruth(path)).rejects.toMatchObject({ code: "ERR_TRUTH_FORMAT" });
});

test.each([
  ["signals", ["sine", "saw"]],
  ["signals", []],
  ["channels", "three"],
  ["rateHz", {}],
  ["totalRateHz", {}],
  ["idPrefix", null],
  ["skewMs", null],
  ["endHeartbeats", null],
  ["impairControl", "perhaps"],
  ["loss", undefined],
])("a first line whose %s is %j is refused: values could not be computed", async (property, value) => {
  const { truth } = simulateInMemory(SETTINGS);
  await writeFile(path, JSON.stringify({ ...truth.header, [property]: value }));
  await expect(readTruth(path)).rejects.toMatchObject({
    code: "ERR_TRUTH_FORMAT",
    message: expect.stringContaining(`${path}:1: ${property}`),
  });
});
