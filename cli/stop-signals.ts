/**
 * Resolves with the first SIGINT or SIGTERM, or `more`. Later ones are swallowed: a second signal must not interrupt a stop that is saving
 * what was accepted. `dispose` gives the signals back to the system.
 */
export const stopSignals = (
  ...more: NodeJS.Signals[]
): { received: Promise<NodeJS.Signals>; dispose(): void } => {
  const { promise, resolve } = Promise.withResolvers<NodeJS.Signals>();
  const signals: NodeJS.Signals[] = ["SIGINT", "SIGTERM", ...more];
  for (const signal of signals) process.on(signal, resolve);
  return {
    received: promise,
    dispose() {
      for (const signal of signals) process.off(signal, resolve);
    },
  };
};
