import { expect, test } from "vitest";
import { RecordBlock } from "../../../collector/handover/records.ts";

test("a block has room for what fits beside its header, and records lie one after the other", () => {
  const block = new RecordBlock(new Uint8Array(64));
  expect([block.hasRoom(48), block.hasRoom(49)]).toEqual([true, false]);
  block.add(5, Uint8Array.of(1, 2, 3), 1, 2, 6, 7);
  // the next one begins at a multiple of 8
  expect([block.hasRoom(24), block.hasRoom(25)]).toEqual([true, false]);
  block.add(8, Uint8Array.of(4), 0, 1, 9, 10);
  const records: unknown[] = [];
  block.forEach(block.count, (entry, offset, length, address, port) =>
    records.push([entry, [...block.bytes.subarray(offset, offset + length)], address, port]),
  );
  expect(records).toEqual([
    [5, [2, 3], 6, 7],
    [8, [4], 9, 10],
  ]);
});
