import { ByteReader } from "./codec/byte-reader.ts";
import { ByteWriter } from "./codec/byte-writer.ts";
import type { BuiltSegment } from "./segment/columns.ts";

/**
 * Which runs a segment holds, beside the segment itself: what a query reads to know whether the segment concerns it, and retention to know
 * how many numbers of each run go. Per run, ascending: its number minus the former one's, its count of datagrams (times two, plus
 * one when they have no numbers).
 */
export const encodeDirectory = (
  { runNumbers, runDatagrams }: Pick<BuiltSegment, "runNumbers" | "runDatagrams">,
  isUnsequenced: (run: number) => boolean,
): Uint8Array => {
  const writer = new ByteWriter(4 * runNumbers.length + 16);
  writer.varint(runNumbers.length);
  let former = 0;
  for (let index = 0; index < runNumbers.length; index++) {
    const run = runNumbers[index]!;
    writer.varint(run - former);
    writer.varint(runDatagrams[index]! * 2 + Number(isUnsequenced(run)));
    former = run;
  }
  return writer.written();
};

/** Calls back with each run and its count of datagrams. */
export const eachRun = (
  directory: Uint8Array,
  visit: (run: number, datagrams: number, isUnsequenced: boolean) => void,
): void => {
  const reader = new ByteReader(directory);
  let run = 0;
  for (let left = reader.varint(); left > 0; left--) {
    run += reader.varint();
    const entry = reader.varint();
    visit(run, Math.floor(entry / 2), entry % 2 === 1);
  }
};

/** Datagrams of one run; 0 when the segment has none. */
export const datagramsOf = (directory: Uint8Array, wanted: number): number => {
  const reader = new ByteReader(directory);
  let run = 0;
  for (let left = reader.varint(); left > 0; left--) {
    run += reader.varint();
    const entry = reader.varint();
    if (run >= wanted) return run === wanted ? Math.floor(entry / 2) : 0;
  }
  return 0;
};
