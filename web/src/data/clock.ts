/** how far the browser's clock is ahead of the collector's, milliseconds */
let aheadMs = 0;

/** the header has whole seconds, and took its way: less says nothing */
const TOLD_FROM_MS = 2000;

/** @param date - header of an answer that has just come; null = it had none */
export const noteServerDate = (date: string | null): void => {
  const ms = Date.parse(date ?? "");
  if (Number.isNaN(ms)) return;
  // in the middle of the second it names
  const ahead = Date.now() - (ms + 500);
  aheadMs = Math.abs(ahead) < TOLD_FROM_MS ? 0 : ahead;
};

/** The collector's clock, as far as its answers tell it: what it stores and says is by that one, and a viewer's may be hours off. */
export const collectorNow = (): number => Date.now() - aheadMs;
