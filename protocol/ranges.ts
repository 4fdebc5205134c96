import { firstPassing } from "../common/first-passing.ts";

/** Sets of sequence numbers as inclusive ranges, ascending, neither overlapping nor touching. */
export type Range = readonly [first: number, last: number];

/** Any ranges as a set: sorted, overlapping and touching ones joined, empty ones (last < first) left out. */
export const normalise = (ranges: readonly Range[]): Range[] => {
  const sorted = ranges.filter(([first, last]) => first <= last).sort((a, b) => a[0] - b[0]);
  const joined: [number, number][] = [];
  for (const [first, last] of sorted) {
    const previous = joined.at(-1);
    if (previous !== undefined && first <= previous[1] + 1) previous[1] = Math.max(previous[1], last);
    else joined.push([first, last]);
  }
  return joined;
};

export const union = (a: readonly Range[], b: readonly Range[]): Range[] => normalise([...a, ...b]);

/** What is in both sets. */
export const intersect = (a: readonly Range[], b: readonly Range[]): Range[] => {
  const common: Range[] = [];
  for (let i = 0, j = 0; i < a.length && j < b.length; ) {
    const first = Math.max(a[i]![0], b[j]![0]);
    const last = Math.min(a[i]![1], b[j]![1]);
    if (first <= last) common.push([first, last]);
    if (a[i]![1] < b[j]![1]) i++;
    else j++;
  }
  return common;
};

/** What is in `a` and not in `b`. */
export const subtract = (a: readonly Range[], b: readonly Range[]): Range[] => {
  const rest: Range[] = [];
  let skip = 0;
  for (const [first, last] of a) {
    let from = first;
    while (skip < b.length && b[skip]![1] < from) skip++;
    for (let at = skip; at < b.length && b[at]![0] <= last; at++) {
      if (b[at]![0] > from) rest.push([from, b[at]![0] - 1]);
      from = Math.max(from, b[at]![1] + 1);
    }
    if (from <= last) rest.push([from, last]);
  }
  return rest;
};

/** How many numbers the set has. */
export const sizeOf = (ranges: readonly Range[]): number =>
  ranges.reduce((size, [first, last]) => size + last - first + 1, 0);

/** Adds a number that is not in the set and not below its last one; the set must be the caller's own. */
export const append = (ranges: [number, number][], number: number): void => {
  const previous = ranges.at(-1);
  if (previous !== undefined && previous[1] + 1 === number) previous[1] = number;
  else ranges.push([number, number]);
};

/** @returns index of the range that holds the number, -1 when none does */
export const indexOf = (ranges: readonly (readonly number[])[], number: number): number => {
  const at = firstPassing(0, ranges.length, (index) => ranges[index]![1]! >= number);
  return at < ranges.length && ranges[at]![0]! <= number ? at : -1;
};
