/**
 * `received` resolves with the first SIGINT or SIGTERM, or `more`, and `again` with the second. Otherwise later ones are swallowed: a second signal must not interrupt a stop that is
 * saving what was accepted. `dispose` gives the signals back to the system.
 */
export const stopSignals = (
  ...more: NodeJS.Signals[]
): { received: Promise<NodeJS.Signals>; again: Promise<NodeJS.Signals>; dispose(): void } => {
  const first = Promise.withResolvers<NodeJS.Signals>();
  const second = Promise.withResolvers<NodeJS.Signals>();
  let count = 0;
  const resolve = (signal: NodeJS.Signals): void => (count++ === 0 ? first : second).resolve(signal);
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
