import { firstPassing } from "../../common/first-passing.ts";

/** An absent range with the times of its neighbours: of the number before `first` and of the one after `last`; 0 = unknown. */
export interface AbsentRange {
  first: number;
  last: number;
  openedAtUs: number;
  timeBefore: number;
  timeAfter: number;
}

/** Both neighbours' times, the known one for both when only one is, the time of detection when none is. */
const neighbours = ({ openedAtUs, timeBefore, timeAfter }: AbsentRange): [number, number] => {
  const before = timeBefore || timeAfter || openedAtUs;
  return [before, timeAfter || before];
};

/** Where an absent number (or a neighbour) lies in time: linearly between the neighbours, in microseconds. */
export const placeBetween = (range: AbsentRange, number: number): number => {
  const [before, after] = neighbours(range);
  const steps = range.last - range.first + 2;
  return Math.round(before + ((after - before) * (number - range.first + 1)) / steps);
};

/**
 * How many numbers of an absent range lie in a span of time.
 * @param fromUs - inclusive; null = open
 * @param toUs - exclusive; null = open
 */
export const countWithin = (range: AbsentRange, fromUs: number | null, toUs: number | null): number => {
  const [before, after] = neighbours(range);
  // the sender's clock went back over the gap: mirrored, the times ascend
  if (before > after) {
    return countWithin({ ...range, timeBefore: after, timeAfter: before }, fromUs, toUs);
  }
  const from = fromUs === null ? range.first : firstAtOrAfter(range, fromUs);
  const end = toUs === null ? range.last + 1 : firstAtOrAfter(range, toUs);
  return Math.max(0, end - from);
};

/** The first number of the range placed at or after an instant; last + 1 when there is none. Times ascend. */
const firstAtOrAfter = (range: AbsentRange, atUs: number): number =>
  firstPassing(range.first, range.last + 1, (number) => placeBetween(range, number) >= atUs);
