/** The two clocks. Deadlines go by the monotonic one, stamps by the wall clock; never mix them. */
export interface Clock {
  /** Wall time: microseconds since the Unix epoch, an integer. Follows the system's clock, steps included. */
  wallUs(): number;
  /** Milliseconds since an arbitrary instant, fractional, never going back. */
  monotonicMs(): number;
}

/** What the system offers: `performance` and `Date.now`, replaceable in tests. */
export interface ClockSource {
  /** wall time at which `elapsedMs` was 0, milliseconds since the Unix epoch */
  timeOriginMs: number;
  /** monotonic, fractional */
  elapsedMs(): number;
  /** the wall clock in whole milliseconds, following NTP and steps */
  wallMs(): number;
}

/** The anchor is trusted until it disagrees with the system's clock by more; the system's clock itself is only exact to 1 ms. */
const TOLERANCE_MS = 2;

/**
 * A clock with microsecond stamps. `performance.timeOrigin + performance.now()` is fine-grained but keeps the offset it had when the
 * process began; so each stamp is compared with the system's clock and the anchor is moved when the two part by more than 2 ms.
 */
export const createClock = (source: ClockSource): Clock => {
  let anchorMs = source.timeOriginMs;
  return {
    wallUs() {
      const elapsedMs = source.elapsedMs();
      const wallMs = source.wallMs();
      const apartMs = anchorMs + elapsedMs - wallMs;
      if (apartMs > TOLERANCE_MS || apartMs < -TOLERANCE_MS) anchorMs = wallMs - elapsedMs;
      // the anchor has few bits left for a fraction: convert the two parts apart
      return Math.round(anchorMs * 1000) + Math.round(elapsedMs * 1000);
    },
    monotonicMs: () => source.elapsedMs(),
  };
};

/** `performance.now()` counts from the start of its thread, this from an instant that all threads of the process share. */
const THREAD_BEGAN_MS = Number(process.hrtime.bigint()) / 1e6 - performance.now();

/**
 * The real clocks. The monotonic one is the same in all threads, to a few microseconds. For the wall clock each thread has an anchor of its
 * own; stamps of two threads differ by at most 4 ms, usually by microseconds.
 */
export const systemClock: Clock = createClock({
  timeOriginMs: performance.timeOrigin - THREAD_BEGAN_MS,
  elapsedMs: () => THREAD_BEGAN_MS + performance.now(),
  wallMs: () => Date.now(),
});
