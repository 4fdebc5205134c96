import type { Arrivals } from "../data/types.ts";
import { delay } from "../format/times.ts";

type Transit = NonNullable<Arrivals["transit"]>;

/** What cannot be known of the delay, and what can be said all the same. */
export const clockSentence = ({ leastSeconds, isRelative }: Transit): string => {
  if (isRelative)
    return "The device has no clock: its send times count from its own start. How long the quickest took is not known; it counts as 0 here.";
  const unknown =
    "How long the quickest took is not known, because nobody knows how far the two clocks are apart.";
  const difference = `By these clocks it took ${delay(leastSeconds)}`;
  return leastSeconds < 0
    ? `${unknown} ${difference}: the device's clock is ahead of ours by at least ${delay(-leastSeconds)}.`
    : `${unknown} ${difference}, which is the way and the difference of the clocks together.`;
};

/** Why there is nothing to show of the delay. */
export const noTransitSentence = ({ run }: Arrivals, isUnnumbered: boolean): string => {
  if (run === null) return "Nothing was heard of it lately: how it arrives is not known.";
  if (isUnnumbered)
    return "Its datagrams have no numbers: delay and jitter are those of consecutive numbers.";
  return "Not known yet: that takes two consecutive numbers, one right after the other, that tell when they were sent.";
};

/** Where the mean lies between the quickest and the slowest, in [0, 1]; null = they took the same time. */
export const meanPlace = ({ meanSeconds, leastSeconds, spreadSeconds }: Transit): number | null =>
  spreadSeconds === 0 ? null : Math.min(1, Math.max(0, (meanSeconds - leastSeconds) / spreadSeconds));
