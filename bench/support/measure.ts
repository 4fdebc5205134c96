/**
 * Best of some rounds, in CPU time of this process, so that a busy machine disturbs less.
 * @returns nanoseconds per `step`
 */
export const bestNs = (step: () => void, perRound: number): number => {
  for (let index = 0; index < perRound; index++) step();
  let best = Number.POSITIVE_INFINITY;
  for (let round = 0; round < 5; round++) {
    const start = process.cpuUsage();
    for (let index = 0; index < perRound; index++) step();
    const { user, system } = process.cpuUsage(start);
    best = Math.min(best, ((user + system) * 1000) / perRound);
  }
  return best;
};
