import { expect, test } from "vitest";
import type { ChannelSummary, ChunkHead } from "../../../db/chunk/chunk-head.ts";
import { HeadsRowReader, HeadsWriter } from "../../../db/chunk/heads-row.ts";
import { CRC_BYTES } from "../../../db/codec/checksum.ts";
import { SegmentCorruptError } from "../../../db/codec/corrupt.ts";
import { chunkHeads } from "../../support/naive-format/chunk-heads.ts";

const START_US = 1_795_000_000_000_000;

const channel = (number: number, at: number): ChannelSummary => ({
  ...{ channel: number, count: 50, nonFinite: at, min: -0.25 * at, max: at / 3, sum: Math.PI * at },
  ...{ last: at / 8, lastReadingTimeUs: START_US + 900 + at, lastSequence: 100 * at + 60 },
});
/** of a channel that never had a finite value */
const none = (number: number): ChannelSummary => ({
  ...{ channel: number, count: 0, nonFinite: 9, min: 0, max: 0, sum: 0 },
  ...{ last: 0, lastReadingTimeUs: 0, lastSequence: 0 },
});

/** Chunk `at` of a run. */
const head = (at: number, with_: Partial<ChunkHead> = {}): ChunkHead => ({
  ...{ datagrams: 60 + at, readings: 70, firstSequence: 100 * at, lastSequence: 100 * at + 99 },
  ...{ firstTimeUs: START_US - 500 + at, lastTimeUs: START_US + 500 + at },
  ...{ firstReadingTimeUs: START_US - 500 + at, lastReadingTimeUs: START_US + 500 + at },
  ...{ channels: null, bytes: 1000 + at },
  ...with_,
});

test("heads of chunks, with other reading times and channels and without, read as documented wherever a row ends", () => {
  const otherTimes = { firstReadingTimeUs: START_US - 900, lastReadingTimeUs: START_US + 2000 };
  const runs: [run: number, isUnsequenced: boolean, heads: ChunkHead[]][] = [
    [3, false, [head(0)]],
    [4, true, [head(0, { firstSequence: 2 ** 53 - 100, lastSequence: 2 ** 53 - 2 }), head(1, otherTimes)]],
    [
      9,
      false,
      [head(2, { firstReadingTimeUs: START_US - 900 }), head(3, { lastReadingTimeUs: START_US + 2000 })],
    ],
    [
      70,
      false,
      Array.from({ length: 90 }, (_, at) =>
        head(at, { ...otherTimes, channels: [channel(7, at), none(65_535), channel(0, at)] }),
      ),
    ],
    [0xffff_ffff, false, [head(0, { channels: [] })]],
  ];
  const writer = new HeadsWriter(START_US);
  for (const run of runs) writer.add(...run);
  const rows = writer.end();
  expect(writer.bytes).toBe(rows.reduce((sum, { heads }) => sum + heads.length, 0));
  let dataAt = 0;
  const found = new Map<number, [boolean, ChunkHead[]]>();
  const blockBytes = (heads: readonly ChunkHead[]): number =>
    heads.reduce((sum, { bytes }) => sum + bytes + CRC_BYTES, 0);
  for (const { run: firstRun, part, heads: row } of rows) {
    const { originUs, dataFrom, runs: inRow } = chunkHeads(row);
    expect([originUs, dataFrom, inRow[0]!.run, found.get(firstRun)?.[1].length ?? 0]).toEqual([
      START_US,
      dataAt,
      firstRun,
      part,
    ]);
    for (const { run, isUnsequenced, datagrams, dataBytes, heads } of inRow) {
      expect(datagrams).toBe(heads.reduce((sum, one) => sum + one.datagrams, 0));
      expect(dataBytes).toBe(blockBytes(heads));
      dataAt += dataBytes;
      found.set(run, [isUnsequenced, [...(found.get(run)?.[1] ?? []), ...heads]]);
    }
  }
  // a run with more heads than fit has rows of its own, from its first one on
  expect(rows.slice(0, 3).map(({ run, part }) => [run, part])).toEqual([
    [3, 0],
    [70, 0],
    [70, expect.any(Number)],
  ]);
  expect(found).toEqual(new Map(runs.map(([run, isUnsequenced, heads]) => [run, [isUnsequenced, heads]])));
});

test("rows of short runs are filled, to 1,980 bytes at most", () => {
  const writer = new HeadsWriter(START_US);
  for (let run = 0; run < 1000; run++) writer.add(run, false, [head(run % 7)]);
  const lengths = writer.end().map(({ heads }) => heads.length);
  expect(lengths.length).toBeGreaterThan(5);
  expect(Math.max(...lengths)).toBeLessThanOrEqual(1980);
  expect(Math.min(...lengths.slice(0, -1))).toBeGreaterThan(1940);
});

test("a row that is cut off anywhere, or of which a byte is another, is damaged", () => {
  const writer = new HeadsWriter(START_US);
  writer.add(3, false, [head(0), head(1, { channels: [channel(7, 1)] })]);
  const row = writer.end()[0]!.heads;
  expect(new HeadsRowReader(row).next()).toBe(3);
  for (let at = 0; at < row.length; at++) {
    const changed = row.with(at, row[at]! ^ 0x10);
    for (const damaged of [row.slice(0, at), changed])
      expect(() => new HeadsRowReader(damaged)).toThrow(SegmentCorruptError);
  }
});
