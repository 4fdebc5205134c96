/**
 * Resolves with the first SIGINT or SIGTERM. Later ones are swallowed: a second signal must not interrupt a stop that is saving what was
 * accepted. `dispose` gives the signals back to the system.
 */
export const stopSignals = (): { received: Promise<NodeJS.Signals>; dispose(): void } => {
  const { promise, resolve } = Promise.withResolvers<NodeJS.Signals>();
  process.on("SIGINT", resolve);
  process.on("SIGTERM", resolve);
  return {
    received: promise,
    dispose() {
      process.off("SIGINT", resolve);
      process.off("SIGTERM", resolve);
    },
  };
};
