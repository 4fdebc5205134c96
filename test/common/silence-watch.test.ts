import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { SilenceWatch } from "../../common/silence-watch.ts";

beforeEach(() => {
  vi.useFakeTimers();
});

afterEach(() => {
  vi.useRealTimers();
});

test.each([
  [0, 10],
  [500, 11],
])(
  "with %i ms that are usual it is silent after more than %i looks, until it is heard again",
  (usualMs, looks) => {
    let told = 0;
    const watch = new SilenceWatch(() => told++, usualMs);
    vi.advanceTimersByTime(1000 * looks);
    expect([watch.isSilent, told]).toEqual([false, 0]);
    vi.advanceTimersByTime(2000);
    expect([watch.isSilent, told]).toEqual([true, 2]);
    watch.heard();
    vi.advanceTimersByTime(1000 * looks);
    expect([watch.isSilent, told]).toEqual([false, 2]);
    watch.close();
    vi.advanceTimersByTime(60_000);
    expect([watch.isSilent, told]).toEqual([false, 2]);
  },
);
