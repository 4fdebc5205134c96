import type { WriteStream } from "node:tty";
import { expect, test } from "vitest";

import {
  LiveLine,
  lineWidth,
  lossPercent,
  percent,
  plural,
  rate,
  rowTable,
  table,
  wrapped,
} from "../../../cli/terminal/terminal.ts";

test("a completeness is rounded down, a loss up: what is lost is never shown as nothing", () => {
  const most = 2 ** 40;
  expect([percent((most - 1) / most), lossPercent(1 / most)]).toEqual(["99.99 %", "0.01 %"]);
  expect([percent(1), lossPercent(0)]).toEqual(["100.00 %", "0.00 %"]);
  expect([percent(null), lossPercent(null)]).toEqual(["–", "–"]);
});

test("a whole hundredth of a percent is shown as it is, whatever binary fractions make of it", () => {
  for (let number = 0; number <= 10_000; number++) {
    const shown = `${(number / 100).toFixed(2)} %`;
    expect([percent(number / 10_000), lossPercent(number / 10_000)]).toEqual([shown, shown]);
  }
});

test("a rate is told by the time in which something is sent", () => {
  expect([1234.5, 9.96, 1.25, 0.1, 1 / 60, 1 / 3600, 1 / 86_400, 0].map(rate)).toEqual([
    "1,235/s",
    "10/s",
    "1.3/s",
    "0.1/s",
    "1/min",
    "1/h",
    "1/d",
    "0/s",
  ]);
});

test("of one there is no plural", () => {
  expect([0, 1, 1234].map((amount) => plural(amount, "number"))).toEqual([
    "0 numbers",
    "1 number",
    "1,234 numbers",
  ]);
});

test("a row that does not fit has the rest of its columns below, in whole", () => {
  const [header, row] = [
    ["online", "lost", "completeness"],
    ["50", "1,000,000", "99.95 %"],
  ];
  expect(rowTable(header!, row!, Infinity)).toEqual([
    "online       lost  completeness",
    "    50  1,000,000       99.95 %",
  ]);
  expect(rowTable(header!, row!, 30)).toEqual([
    ...["online       lost", "    50  1,000,000"],
    ...["completeness", "     99.95 %"],
  ]);
  expect(rowTable(header!, row!, 4)).toHaveLength(6);
});

test("a text is broken between words", () => {
  expect(wrapped("sent 202 numbers again", 12)).toEqual(["sent 202", "numbers", "again"]);
  expect(wrapped("sent 202 numbers again", 16)).toEqual(["sent 202 numbers", "again"]);
  expect(wrapped("sent 202 numbers again", 3)).toEqual(["sent", "202", "numbers", "again"]);
  expect(wrapped("sent 202 numbers again", Infinity)).toEqual(["sent 202 numbers again"]);
});

test("a line has room up to the last column but one; where nobody says how wide the terminal is, of 80", () => {
  expect(lineWidth({ isTTY: true, columns: 120 })).toBe(119);
  expect(lineWidth({ isTTY: true, columns: 0 })).toBe(79);
  expect(lineWidth({ isTTY: false, columns: 120 })).toBe(Infinity);
});

test("a line that is written over never goes on in the next one: of wide letters fewer fit, and none is cut in half", () => {
  const written: string[] = [];
  const stream = { isTTY: true, columns: 10, write: (text: string) => written.push(text) > 0 };
  const line = new LiveLine(stream as unknown as WriteStream);
  for (const text of ["0 %  pump-7", "0 %  水泵水泵", "0 %  🔥🔥🔥", "0 %  e\u0301tage"]) line.show(text);
  expect(written.map((text) => text.replace("\r\u001b[2K", ""))).toEqual([
    "0 %  pump",
    "0 %  水泵",
    "0 %  🔥🔥",
    "0 %  e\u0301tag",
  ]);
});

test("columns stand below each other in every script: wide letters take two of a terminal, combining marks none", () => {
  const rows = [
    "pump-7",
    "水泵-7",
    "펌프-7",
    "給水ポンプ",
    "ｶﾞｽ-7",
    "e\u0301\u0301tage",
    "\u202eevil",
    "משאבה",
    "🔥-7",
  ].map((id) => [id, "1"]);
  expect(table(["id", "lost"], rows, 1)).toEqual([
    "id          lost",
    "pump-7         1",
    "水泵-7         1",
    "펌프-7         1",
    "給水ポンプ     1",
    "ｶﾞｽ-7          1",
    "e\u0301\u0301tage          1",
    "\u202eevil           1",
    "משאבה          1",
    "🔥-7           1",
  ]);
});
