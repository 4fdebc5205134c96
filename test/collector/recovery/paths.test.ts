import { expect, test } from "vitest";
import { VERDICT } from "../../../collector/tracker/types.ts";
import { ROW } from "../../../protocol/ledger-row.ts";
import { RecoveryBed, WINDOW_MS } from "../../support/recovery-bed.ts";

const A = { listener: 0, address: "10.0.0.7", port: 5000 };
const B = { listener: 1, address: "10.1.0.7", port: 5001 };
const range = (first: number, last: number): number[] =>
  Array.from({ length: last - first + 1 }, (_, at) => first + at);

/** A device that has sent 0 to 99 by both paths. */
const spoken = (): RecoveryBed => {
  const bed = new RecoveryBed({ listeners: ["on", "on"] }, undefined, { paths: [0, 1] });
  bed.data("pump", range(0, 99), A);
  bed.data("pump", range(0, 99), B);
  return bed;
};
const askedAt = (bed: RecoveryBed): string[] =>
  bed.nacks.map(({ listener, address, port }) => `${address}:${port} by ${listener}`);

test("what is missing on one path and comes by the other is never asked for", () => {
  const bed = spoken();
  for (let number = 101; number < 200; number += 2) {
    bed.data("pump", [number], A);
    bed.pass(20);
    bed.data("pump", [number - 1, number], B);
  }
  bed.pass(10_000);
  expect(bed.nacks).toEqual([]);
  expect(bed.count(ROW.MISSING)).toBe(0);
});

test("what is missing on both is asked for once, at the reported source by the listener of its path", () => {
  const bed = spoken();
  bed.data("pump", [101], A);
  bed.data("pump", [101], B);
  bed.pass(WINDOW_MS + 20);
  expect(askedAt(bed)).toEqual(["10.0.0.7:5000 by 0"]);
  expect(bed.data("pump", [100], B)).toEqual([VERDICT.RECOVERED]);
  expect(bed.data("pump", [100], A)).toEqual([VERDICT.REDUNDANT]);
});

test("when that path has been silent for 2 s the device is asked on the other", () => {
  const bed = spoken();
  for (let number = 100; number < 160; number++) {
    bed.data("pump", number === 150 ? [] : [number], B);
    bed.pass(50);
  }
  bed.pass(WINDOW_MS);
  expect(new Set(askedAt(bed))).toEqual(new Set(["10.1.0.7:5001 by 1"]));
});

test("the copy of an answer that comes by the other path is no stranger's", () => {
  const bed = spoken();
  bed.data("pump", [101], A);
  bed.data("pump", [101], B);
  bed.pass(WINDOW_MS + 20);
  expect(bed.gone("pump", 102, [[100, 100]], B)).toBe(VERDICT.CONTROL);
  expect(bed.lost).toEqual([]);
  expect(bed.gone("pump", 102, [[100, 100]], A)).toBe(VERDICT.CONTROL);
  expect(bed.lost).toMatchObject([{ first: 100, last: 100 }]);
  expect(bed.gone("pump", 102, [[100, 100]], { ...A, address: "10.0.0.8" })).toBe(VERDICT.REJECTED);
});
