import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { checkTruthPath, readTruth, writeTruth } from "../../simulator/truth-file.ts";
import { fixedSettings, IMPAIRED, simulateInMemory } from "./support.ts";

let directory: string;
let path: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "lacuna-truth-"));
  path = join(directory, "truth.jsonl");
});
afterEach(() => rm(directory, { recursive: true }));

const SETTINGS = fixedSettings({ devices: 3, count: 200, restartsPerMinute: 5, ...IMPAIRED });

test("a truth file is read as it was written", async () => {
  const { truth } = simulateInMemory(SETTINGS);
  await writeTruth(path, truth.header, truth.records);
  expect(await readTruth(path)).toEqual(truth);
});

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
])("a first line whose %s is %j is refused: values could not be computed", async (property, value) => {
  const { truth } = simulateInMemory(SETTINGS);
  await writeFile(path, JSON.stringify({ ...truth.header, [property]: value }));
  await expect(readTruth(path)).rejects.toMatchObject({
    code: "ERR_TRUTH_FORMAT",
    message: expect.stringContaining(`${path}:1: ${property}`),
  });
});
