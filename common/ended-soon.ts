import { setTimeout as sleep } from "node:timers/promises";

const MOST_MS = 10_000;

/** Resolves when what was told to end has, or has not for ten seconds: a thread that only reads loses nothing while its disk does not answer. */
export const endedSoon = async (ended: Promise<unknown>): Promise<void> => {
  await Promise.race([ended, sleep(MOST_MS, undefined, { ref: false })]);
};
