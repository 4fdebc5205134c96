import type { Draw } from "./draw.ts";

/** The send time of a datagram that arrives now, and times of its readings, one per call; microseconds. */
export type DeviceTimes = (nowUs: number) => { timeUs: number; readingTimeUs: () => number };

const SECOND_US = 1_000_000;

/** How the devices of a world tell the time: exactly, late with older readings, with steps of minutes both ways, in whole seconds. */
export const deviceTimes = (draw: Draw): DeviceTimes =>
  draw.pick<DeviceTimes>([
    (nowUs) => ({ timeUs: nowUs, readingTimeUs: () => nowUs }),
    (nowUs) => {
      const timeUs = nowUs - draw.below(3) * SECOND_US;
      return { timeUs, readingTimeUs: () => timeUs - (draw.below(4) * SECOND_US) / 2 };
    },
    (nowUs) => {
      const timeUs = nowUs + (draw.chance(0.1) ? (draw.below(7) - 3) * 60 * SECOND_US : 0);
      return { timeUs, readingTimeUs: () => timeUs + (draw.below(5) - 2) * SECOND_US };
    },
    (nowUs) => {
      const timeUs = nowUs - (nowUs % SECOND_US);
      return { timeUs, readingTimeUs: () => timeUs + draw.below(2) * SECOND_US };
    },
  ]);
