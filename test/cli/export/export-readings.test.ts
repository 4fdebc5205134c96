import { execFileSync } from "node:child_process";
import {
  chmodSync,
  chownSync,
  lstatSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeEach, describe, expect, test } from "vitest";
import type { DamagedPart, ReadingRow } from "../../../api/sources.ts";
import { type ExportPlan, type ExportProgress, exportReadings } from "../../../cli/export/export-readings.ts";
import type { ExportSource } from "../../../cli/export/source.ts";
import { fileTarget } from "../../../cli/export/target.ts";
import { LacunaError } from "../../../common/errors.ts";
import { temporaryDirectory } from "../../support/lacuna-process.ts";

const directory = temporaryDirectory();
afterAll(() => directory.remove());
const FILE = join(directory.path, "out.csv");

const row = (sequence: number, values: Record<string, number | boolean>): ReadingRow => ({
  timeUs: sequence * 1_000_000,
  epoch: 3,
  run: 0,
  sequence,
  names: Object.keys(values),
  values: Object.values(values),
});

/** Devices with their pages; an Error among the pages is thrown. */
let fleet: Record<string, (ReadingRow[] | Error)[]>;
/** of b */
let damaged: DamagedPart[];
const source: ExportSource = {
  lost: null,
  devices: async () => Object.keys(fleet),
  async channelNames(device) {
    const rows = fleet[device]?.flatMap((page) => (page instanceof Error ? [] : page));
    return rows === undefined ? null : [...new Set(rows.flatMap(({ names }) => names))];
  },
  async *readings(device) {
    for (const rows of fleet[device] ?? []) {
      if (rows instanceof Error) throw rows;
      yield { rows, completeness: { expected: 4, received: 3 }, ...(device === "b" && { damaged }) };
    }
  },
  close: () => {},
};
const PLAN: ExportPlan = {
  devices: null,
  query: { channels: [], fromUs: null, toUs: null },
  format: "csv",
  time: "us",
};
const run = async (
  plan: Partial<ExportPlan> = {},
  onProgress: (progress: ExportProgress) => void = () => {},
  signal = new AbortController().signal,
) => exportReadings(source, await fileTarget(FILE), { ...PLAN, ...plan }, { signal, onProgress });

beforeEach(() => {
  damaged = [];
  writeFileSync(FILE, "former");
  fleet = {
    'a,"$&"': [[row(0, { level: 1 }), row(1, { level: -0, on: true })], [row(2, { level: Number.NaN })]],
    b: [[]],
    c: [[row(5, { on: false, "x,y": 2 })]],
  };
});

test.each(["ERR_DATABASE_DAMAGED", "ERR_DATABASE_UNREADABLE"])(
  "a device at which the database fails (%s) ends there, and the others are whole; what is damaged is told",
  async (code) => {
    fleet.b = [[row(0, { level: 1 })], new LacunaError(code, "page 7")];
    const summary = await run();
    expect([summary.readings, summary.isCounted, summary.damaged]).toEqual([
      5,
      false,
      ["b: what comes after the last reading cannot be read: page 7"],
    ]);
    expect(readFileSync(FILE, "utf8")).toContain("\nb,0,3,0,0,1,,\nc,");
  },
);

test("no completeness is known where it is not known how much could not be read", async () => {
  const part = { epoch: 3, run: 0, segment: 12, first: null, last: null };
  for (const [count, expected] of [
    [2, { received: 7, isCounted: true }],
    [null, { received: 9, isCounted: false }],
  ] as const) {
    damaged = [{ ...part, count }];
    expect(await run()).toMatchObject({ ...expected, damaged: [expect.stringMatching(/^b: /)] });
  }
});

test("of readings that are gone nobody knows whose they were: that is told, and no completeness is known", async () => {
  const lost = "of the 9 numbers that the ledger calls stored, 5 are in no segment";
  const summary = await exportReadings({ ...source, lost }, await fileTarget(FILE), PLAN, {
    signal: new AbortController().signal,
    onProgress: () => {},
  });
  expect([summary.readings, summary.isCounted, summary.damaged]).toEqual([4, false, [lost]]);
});

test("CSV has the device before every line, and a column for every channel of all devices", async () => {
  expect(await run()).toEqual({
    devices: 3,
    readings: 4,
    expected: 12,
    received: 9,
    isCounted: true,
    damaged: [],
  });
  expect(readFileSync(FILE, "utf8")).toBe(
    'device,time,epoch,run,seq,level,on,"x,y"\n' +
      '"a,""$&""",0,3,0,0,1,,\n"a,""$&""",1000000,3,0,1,-0,true,\n"a,""$&""",2000000,3,0,2,NaN,,\n' +
      "c,5000000,3,0,5,,false,2\n",
  );
});

test("each device is asked for the span, and for those of the wanted channels it has; one that has none is left out", async () => {
  const asked: unknown[] = [];
  const { readings } = source;
  source.readings = (device, query) => {
    asked.push([device, query]);
    return readings(device, query);
  };
  const span = { fromUs: 5, toUs: 7 };
  await run({ format: "ndjson", query: { ...span, channels: ["x,y", "on"] } });
  source.readings = readings;
  expect(asked).toEqual([
    ['a,"$&"', { ...span, channels: ["on"] }],
    ["c", { ...span, channels: ["x,y", "on"] }],
  ]);
});

test("a device or a channel that is named twice is written once: no value stands below another channel's name", async () => {
  fleet.c = [[row(5, { on: false })]];
  const devices = ["c", 'a,"$&"', "c"];
  const summary = await run({ devices, query: { ...PLAN.query, channels: ["on", "on", "level", "on"] } });
  expect(summary).toMatchObject({ devices: 2, readings: 4, expected: 8, received: 6 });
  expect(readFileSync(FILE, "utf8")).toBe(
    "device,time,epoch,run,seq,on,level\nc,5000000,3,0,5,false,\n" +
      '"a,""$&""",0,3,0,0,,1\n"a,""$&""",1000000,3,0,1,true,-0\n"a,""$&""",2000000,3,0,2,,NaN\n',
  );
});

test("NDJSON has the device first in every object", async () => {
  await run({ format: "ndjson", time: "rfc3339", devices: ['a,"$&"'] });
  expect(readFileSync(FILE, "utf8").split("\n").slice(1, 3)).toEqual([
    '{"device":"a,\\"$&\\"","time":"1970-01-01T00:00:01.000000Z","epoch":3,"run":0,"seq":1,"values":{"level":-0,"on":true}}',
    '{"device":"a,\\"$&\\"","time":"1970-01-01T00:00:02.000000Z","epoch":3,"run":0,"seq":2,"values":{"level":"NaN"}}',
  ]);
});

test("progress is that of the devices, and within one of the numbers it has received: more rows are no more than all", async () => {
  fleet.c = [[row(5, { on: false })], [6, 7, 8].map((sequence) => row(sequence, { "x,y": 2 }))];
  const seen: ExportProgress[] = [];
  await run({}, (progress) => seen.push(progress));
  expect(seen.map(({ ratio }) => Math.round(ratio * 9))).toEqual([2, 3, 3, 7, 9]);
  expect(seen.at(-1)).toMatchObject({ ratio: 1, readings: 7, devices: 3, device: "c" });
});

test("a link stays a link, and what it leads to is written", async () => {
  const link = join(directory.path, "link.csv");
  symlinkSync(FILE, link);
  await (await fileTarget(link)).finish();
  expect([lstatSync(link).isSymbolicLink(), readFileSync(FILE, "utf8")]).toEqual([true, ""]);
  rmSync(link);
});

test.skipIf(process.platform === "win32")(
  "a pipe that nobody reads is waited for until it is given up",
  async () => {
    const pipe = join(directory.path, "unread");
    execFileSync("mkfifo", [pipe]);
    await expect(fileTarget(pipe, AbortSignal.abort())).rejects.toMatchObject({
      code: "ERR_OUTPUT",
      message: expect.stringContaining("nobody reads the pipe"),
    });
    rmSync(pipe);
  },
);

test("a file that was there stays whose it was, with who may read it, and nobody else may meanwhile", async () => {
  // only root may give a file away
  const before = statSync(FILE);
  const [uid, gid] = process.getuid?.() === 0 ? [12, 34] : [before.uid, before.gid];
  chownSync(FILE, uid, gid);
  chmodSync(FILE, 0o640);
  const target = await fileTarget(FILE);
  await target.write("a line\n");
  const [, part = ""] = readdirSync(directory.path).sort();
  expect(statSync(join(directory.path, part)).mode & 0o7).toBe(0);
  await target.finish();
  const { mode, ...after } = statSync(FILE);
  expect([after.uid, after.gid, mode & 0o777, readFileSync(FILE, "utf8")]).toEqual([
    uid,
    gid,
    0o640,
    "a line\n",
  ]);
  rmSync(FILE);
});

test.skipIf(process.platform === "win32")("a pipe is written to and stays one", async () => {
  const pipe = join(directory.path, "pipe");
  execFileSync("mkfifo", [pipe]);
  const read = readFile(pipe, "utf8");
  const target = await fileTarget(pipe);
  await target.write("a line\n");
  await target.finish();
  expect([await read, lstatSync(pipe).isFIFO()]).toEqual(["a line\n", true]);
  rmSync(pipe);
});

describe("when it breaks", () => {
  const nothingIsLeft = (): void => {
    expect(readFileSync(FILE, "utf8")).toBe("former");
    expect(readdirSync(directory.path)).toEqual(["out.csv"]);
  };

  test("half way, the file that was there stays and no other one does", async () => {
    fleet.c = [[row(1, { on: true })], new LacunaError("ERR_EXPORT_CUT", "broke off")];
    await expect(run()).rejects.toMatchObject({ code: "ERR_EXPORT_CUT" });
    nothingIsLeft();
  });

  test("by a channel the header lacks", async () => {
    const names = source.channelNames;
    source.channelNames = async () => ["level"];
    await expect(run()).rejects.toMatchObject({ code: "ERR_CHANNEL_RENAMED" });
    source.channelNames = names;
    nothingIsLeft();
  });

  test("by a signal", async () => {
    const stop = new AbortController();
    await expect(run({}, () => stop.abort(), stop.signal)).rejects.toMatchObject({
      code: "ERR_EXPORT_INTERRUPTED",
    });
    nothingIsLeft();
  });

  test.each(["csv", "ndjson"] as const)("by a device nobody knows, as %s", async (format) => {
    await expect(run({ devices: ["nobody"], format })).rejects.toMatchObject({ code: "ERR_UNKNOWN_DEVICE" });
    nothingIsLeft();
  });

  test("by a channel no device has", async () => {
    const query = { ...PLAN.query, channels: ["on", "typo"] };
    await expect(run({ query })).rejects.toMatchObject({
      code: "ERR_UNKNOWN_CHANNEL",
      message: 'no device has a channel "typo"',
    });
    nothingIsLeft();
  });

  test("by a place where nothing can be written", async () => {
    for (const noFile of [directory.path, ""])
      await expect(fileTarget(noFile)).rejects.toMatchObject({
        code: "ERR_OUTPUT",
        message: `${JSON.stringify(noFile)} is no name of a file to write`,
      });
    await expect(fileTarget(join(directory.path, "no", "file"))).rejects.toMatchObject({
      code: "ERR_OUTPUT",
    });
  });
});
