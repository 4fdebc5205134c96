/**
 * By halves, which costs a call for each doubling of the span.
 * @param from, end - whole numbers
 * @param passes - false up to some number, true from there on
 * @returns the least number of [from, end) that passes, `end` when none does
 */
export const firstPassing = (from: number, end: number, passes: (number: number) => boolean): number => {
  let [low, high] = [from, end];
  while (low < high) {
    const middle = low + Math.floor((high - low) / 2);
    if (passes(middle)) high = middle;
    else low = middle + 1;
  }
  return low;
};
