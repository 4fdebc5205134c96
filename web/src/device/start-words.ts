import type { SeriesStart } from "../data/types.ts";

/** "epoch 7", "epoch 7, run 1"; of formats without an epoch "run 1". */
export const nameOfStart = ({ epoch, run }: SeriesStart): string => {
  if (epoch === null) return `run ${run}`;
  return run === 0 ? `epoch ${epoch}` : `epoch ${epoch}, run ${run}`;
};
