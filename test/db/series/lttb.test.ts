import fc from "fast-check";
import { expect, test } from "vitest";
import { type ChartPoints, choosePoints } from "../../../db/series/lttb.ts";
import { seededDoubles, valuesOf } from "../../support/series.ts";

const pointsOf = (values: readonly number[], lineStart: readonly number[]): ChartPoints => ({
  count: values.length,
  timeUs: Float64Array.from(values, (_, index) => index * 1000),
  value: Float64Array.from(values),
  lineStart: values.length === 0 ? [] : lineStart,
});

/** Any chart, with lines of any lengths. */
const CHART = fc
  .array(fc.record({ value: fc.double({ noNaN: true, noDefaultInfinity: true }), begins: fc.boolean() }), {
    maxLength: 200,
  })
  .map((items) =>
    pointsOf(
      items.map(({ value }) => value),
      items.flatMap(({ begins }, index) => (begins || index === 0 ? [index] : [])),
    ),
  );
const MOST = fc.integer({ min: 2, max: 220 });

/** First and last index of every line. */
const endsOf = ({ count, lineStart }: ChartPoints): number[] =>
  lineStart.flatMap((from, line) => {
    const to = (lineStart[line + 1] ?? count) - 1;
    return from === to ? [from] : [from, to];
  });

test("what is chosen are points of the chart in their order, as many as asked for or all", () => {
  fc.assert(
    fc.property(CHART, MOST, (points, most) => {
      const chosen = choosePoints(points, most);
      expect(chosen).toHaveLength(Math.min(most, points.count));
      for (const [at, index] of chosen.entries()) {
        expect(index).toBeLessThan(points.count);
        if (at > 0) expect(index).toBeGreaterThan(chosen[at - 1]!);
      }
    }),
  );
});

test("the first and the last point are always chosen", () => {
  fc.assert(
    fc.property(CHART, MOST, (points, most) => {
      fc.pre(points.count > 0);
      const chosen = choosePoints(points, most);
      expect([chosen[0], chosen.at(-1)]).toEqual([0, points.count - 1]);
    }),
  );
});

test("both edges of every gap are chosen where there are points enough for them", () => {
  fc.assert(
    fc.property(CHART, MOST, (points, most) => {
      const ends = endsOf(points);
      fc.pre(ends.length <= most);
      expect(choosePoints(points, most)).toEqual(expect.arrayContaining(ends));
    }),
  );
});

/** As the thesis has it, for one line. */
const naive = (values: readonly number[], most: number): number[] => {
  const size = (values.length - 2) / (most - 2);
  const bucket = (at: number): number[] => {
    const from = Math.floor(at * size) + 1;
    const to = at === most - 2 ? values.length : Math.floor((at + 1) * size) + 1;
    return Array.from({ length: to - from }, (_, index) => from + index);
  };
  const chosen = [0];
  for (let at = 0; at < most - 2; at++) {
    const next = at === most - 3 ? [values.length - 1] : bucket(at + 1);
    const mean = (of: (index: number) => number): number =>
      next.reduce((sum, index) => sum + of(index), 0) / next.length;
    const [x, y] = [mean((index) => index), mean((index) => values[index]!)];
    const last = chosen.at(-1)!;
    const area = (index: number): number =>
      Math.abs((last - x) * (values[index]! - values[last]!) - (last - index) * (y - values[last]!)) / 2;
    chosen.push(bucket(at).reduce((best, index) => (area(index) > area(best) ? index : best)));
  }
  return [...chosen, values.length - 1];
};

test.each([3, 4, 17, 100, 499])("one line is downsampled to %i points as the thesis says", (most) => {
  const values = Array.from(valuesOf("random", 500, seededDoubles(most)));
  expect(choosePoints(pointsOf(values, [0]), most)).toEqual(naive(values, most));
});

test("a peak in the middle of a flat line is kept", () => {
  const values = new Array<number>(1000).fill(1);
  values[437] = 9;
  expect(choosePoints(pointsOf(values, [0]), 10)).toContain(437);
});

test("lines share the points by their lengths", () => {
  const chosen = choosePoints(pointsOf(new Array<number>(400).fill(0), [0, 100]), 44);
  expect(chosen.filter((index) => index < 100)).toHaveLength(11);
  expect(chosen.filter((index) => index >= 100)).toHaveLength(33);
});
