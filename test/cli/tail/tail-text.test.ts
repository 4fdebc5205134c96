import { expect, test } from "vitest";
import { type TailFormat, tailHeader, tailLines } from "../../../cli/tail/tail-text.ts";

const event = (name: string, data: object) => ({ event: name, data: JSON.stringify(data) });
const reading = {
  device: "pump-7",
  epoch: 3,
  run: 0,
  seq: 42,
  time: "2026-11-20T12:00:00.123456Z",
  values: { temperature: 21.5, "on, off": true },
};
const gap = {
  device: "pump-7",
  epoch: 3,
  run: 0,
  first: 43,
  last: 44,
  count: 2,
  state: "lost",
  cause: "network",
  arrival: null,
  at: "2026-11-20T12:00:01.000000Z",
};
const EVENTS = [
  event("reading", reading),
  event("late", { ...reading, seq: null, epoch: null, values: { a: "NaN" } }),
  event("ledger", { total: {} }),
  event("gap", gap),
  event("gap", { ...gap, last: 43, count: 1, state: "filled", arrival: "late", epoch: null }),
  event("skipped", { event: "reading", reason: "too-old", from: "2026-11-20T11:00:00.000000Z", to: null }),
];
const lines = (format: TailFormat): string[] =>
  (tailHeader(format) + tailLines(EVENTS, format, (tone, text) => `<${tone}>${text}`)).split("\n");

test("as text there is a line for each reading, and one for what is missing", () => {
  expect(lines("text")).toEqual([
    "2026-11-20T12:00:00.123456Z  pump-7  #42  temperature=21.5 on, off=true",
    "<late>2026-11-20T12:00:00.123456Z  pump-7  #–  a=NaN  (late)",
    "<lost>2026-11-20T12:00:01.000000Z  pump-7  #43 to #44, 2 numbers of epoch 3: lost, network",
    "<filled>2026-11-20T12:00:01.000000Z  pump-7  #43: filled, late",
    "<skipped>some events (reading) between 2026-11-20T11:00:00.000000Z and ? are not shown: too-old",
    "",
  ]);
});

test("as JSON every event comes as it is, with its kind", () => {
  const raw = { event: "reading", data: '{"device":"d","values":{"a":-0,"b":1e400}}' };
  expect(tailLines([raw], "json", (_, text) => text)).toBe(
    '{"event":"reading","device":"d","values":{"a":-0,"b":1e400}}\n',
  );
  expect(lines("json").filter((line) => line !== "")).toHaveLength(5);
});

test("as JSON what was left out is no reading: its kind has a name of its own", () => {
  const line = lines("json").at(-2)!;
  const skipped = { kind: "reading", reason: "too-old", from: "2026-11-20T11:00:00.000000Z", to: null };
  expect(JSON.parse(line)).toEqual({ event: "skipped", ...skipped });
});

test("as CSV there is a line for each value, and gaps have their first and last number", () => {
  expect(lines("csv")).toEqual([
    "event,time,device,epoch,run,seq,last,channel,value,cause",
    "reading,2026-11-20T12:00:00.123456Z,pump-7,3,0,42,42,temperature,21.5,",
    'reading,2026-11-20T12:00:00.123456Z,pump-7,3,0,42,42,"on, off",true,',
    "late,2026-11-20T12:00:00.123456Z,pump-7,,0,,,a,NaN,",
    "lost,2026-11-20T12:00:01.000000Z,pump-7,3,0,43,44,,,network",
    "filled,2026-11-20T12:00:01.000000Z,pump-7,,0,43,43,,,network",
    "skipped,2026-11-20T11:00:00.000000Z,,,,,,,,too-old",
    "",
  ]);
});
