import { type Clock, systemClock } from "../../common/clock.ts";

/** npm passes on what the terminal has sent to everybody already: one Ctrl-C comes twice, milliseconds apart. */
const ONE_PRESS_MS = 300;

/**
 * `received` resolves with the first SIGINT or SIGTERM, or `more`, and `again` with the next one that is meant as such. Otherwise later ones are swallowed: a second signal must
 * not interrupt a stop that is saving what was accepted. `dispose` gives the signals back to the system.
 */
export const stopSignals = (
  more: readonly NodeJS.Signals[] = [],
  clock: Pick<Clock, "monotonicMs"> = systemClock,
): { received: Promise<NodeJS.Signals>; again: Promise<NodeJS.Signals>; dispose(): void } => {
  const first = Promise.withResolvers<NodeJS.Signals>();
  const second = Promise.withResolvers<NodeJS.Signals>();
  let firstMs: number | null = null;
  const resolve = (signal: NodeJS.Signals): void => {
    const nowMs = clock.monotonicMs();
    firstMs ??= nowMs;
    first.resolve(signal);
    if (nowMs - firstMs >= ONE_PRESS_MS) second.resolve(signal);
  };
  const signals: NodeJS.Signals[] = ["SIGINT", "SIGTERM", ...more];
  for (const signal of signals) process.on(signal, resolve);
  return {
    received: first.promise,
    again: second.promise,
    dispose() {
      for (const signal of signals) process.off(signal, resolve);
    },
  };
};
