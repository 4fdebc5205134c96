/**
 * Seeds are fixed, so that a run is the same everywhere; LACUNA_FUZZ_RUNS=n plays n random scripts of each property instead. A failure
 * prints fast-check's seed and the shrunk script.
 */
export const deepRuns = Number(process.env.LACUNA_FUZZ_RUNS ?? 0);

/** For fc.assert: so many runs, unless more are asked for. */
export const parameters = (runs: number, seed = 0) =>
  deepRuns > 0 ? { numRuns: deepRuns } : { numRuns: runs, seed: 20_261_120 + seed };

export const TIMEOUT_MS = deepRuns > 0 ? 86_400_000 : 600_000;
