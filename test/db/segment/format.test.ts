import { expect, test } from "vitest";
import { SegmentBuilder } from "../../../db/segment/segment-builder.ts";
import { VALUE_TYPE } from "../../../protocol/constants.ts";
import { batchesOf, type PlainReading, type PlainStored } from "../../support/filled-batch.ts";
import { segment } from "../../support/naive-format/segment.ts";
import { seededDoubles } from "../../support/series.ts";

const START_US = 1_795_000_000_000_000;
const builder = new SegmentBuilder();

type Offset = (datagram: number, reading: number) => number;

/** Datagrams of a run, a second apart; each has the channels of one of the shapes. */
const runOf = (
  run: number,
  count: number,
  shapes: readonly (readonly [channel: number, type: number][])[],
  offset: Offset = () => 0,
): PlainStored[] =>
  Array.from({ length: count }, (_, sequence) => {
    const time = START_US + sequence * 1_000_000 + (sequence % 3);
    const readings = shapes[sequence % shapes.length]!.map(
      ([channel, type], at): PlainReading => ({
        ...{ channel, type, time: time + offset(sequence, at) },
        value: 20 + sequence + at / 4,
      }),
    );
    return { run, sequence: sequence + (sequence > 10 ? 5 : 0), time, readings };
  });

const ONE: [number, number][] = [[1, VALUE_TYPE.FLOAT64]];
const MANY: [number, number][] = [
  [65_535, VALUE_TYPE.FLOAT32],
  [0, VALUE_TYPE.BOOL],
  [7, 7],
  [7, 255],
  [6, 6],
  [0, VALUE_TYPE.BOOL],
];
const random = seededDoubles(1);
const jitter = (): number => Math.floor(random() * 700);

test("segments of each form, with reading times in each mode and any shapes, read as documented", () => {
  const scenes: PlainStored[][] = [
    runOf(7, 40, [ONE]),
    runOf(7, 40, [MANY, ONE, [], [...ONE, ...ONE]]),
    runOf(7, 40, [MANY, ONE], (_, reading) => -1000 * reading),
    runOf(7, 40, [MANY, ONE], (datagram) => -(datagram % 5) * 100),
    // samples at a pace of their own
    runOf(
      7,
      40,
      [Array.from({ length: 10 }, () => ONE[0]!)],
      (datagram, reading) => -(datagram % 3) - 100_000 * (9 - reading),
    ),
    // and at one that is a line, whenever they were sent
    runOf(
      7,
      40,
      [Array.from({ length: 10 }, () => ONE[0]!)],
      (datagram, reading) => -(datagram % 3) - 100_000 * (9 - reading) + Math.floor(jitter() / 20),
    ),
    runOf(7, 40, [MANY], jitter),
    runOf(7, 40, [[]]),
    [...runOf(3, 9, [ONE]), ...runOf(4, 1, [MANY]), ...runOf(0xffff_ffff, 30, [[]])],
    [5, 3, 900, 8].flatMap((run) => runOf(run, 2, [MANY, ONE], (_, reading) => reading)),
    [5, 3, 900, 8].flatMap((run) => runOf(run, 3, [ONE], jitter)),
    [5, 3].flatMap((run) => runOf(run, 1, [[]])),
    [],
  ];
  const seen = scenes.map((sent) => {
    const { blob, runNumbers, runDatagrams, ...said } = builder.build(batchesOf(sent));
    const { form, modes, times, stored, ...counts } = segment(blob);
    expect(stored).toEqual(sent.toSorted((a, b) => a.run - b.run || a.sequence - b.sequence));
    const [firstTimeUs, lastTimeUs, firstReadingTimeUs, lastReadingTimeUs, firstArrivalUs, lastArrivalUs] =
      times;
    expect({
      ...{ firstTimeUs, lastTimeUs, firstReadingTimeUs, lastReadingTimeUs },
      ...{ firstArrivalUs, lastArrivalUs, ...counts },
    }).toEqual(said);
    return [form, ...modes];
  });
  expect(seen).toEqual([
    [0, 0],
    [0, 0],
    [0, 1],
    [0, 2],
    [0, 3],
    [0, 3],
    [0, 2],
    [0, null],
    [0, 0, 0, null],
    [1, 1],
    [1, 2],
    [1, null],
    [0],
  ]);
});
