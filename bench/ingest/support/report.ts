import { closeSync, existsSync, openSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { availableParallelism, cpus, release, totalmem } from "node:os";
import { LacunaError, messageOf } from "../../../common/errors.ts";
import type { CollectorRun, Load, Run, RunSettings } from "./runs.ts";

/** Middle value (the mean of the two in the middle where there is no one) and extremes of several runs. */
export interface Spread {
  median: number;
  min: number;
  max: number;
}

export const spreadOf = (values: readonly number[]): Spread => {
  const sorted = values.toSorted((a, b) => a - b);
  const half = sorted.length >> 1;
  const median = sorted.length % 2 === 1 ? sorted[half]! : (sorted[half - 1]! + sorted[half]!) / 2;
  return { median, min: sorted[0]!, max: sorted.at(-1)! };
};

/** One alternation: the discard receiver where it is compared, and the collector. */
export interface Pair {
  discard: Run | null;
  collector: CollectorRun;
  observed: unknown;
}

export const summarizePairs = (
  load: Load,
  settings: RunSettings,
  question: string,
  pairs: readonly Pair[],
) => {
  const runs = pairs.map(({ collector }) => collector);
  const over = (value: (run: CollectorRun) => number): Spread => spreadOf(runs.map(value));
  const compared = pairs.filter(({ discard }) => discard !== null) as (Pair & { discard: Run })[];
  const threads = [...new Set(runs.flatMap(({ usage }) => Object.keys(usage.threadSeconds)))];
  return {
    question,
    load,
    settings,
    datagramBytes: runs[0]!.generator.datagramBytes,
    achievedHz: over(({ generator }) => generator.achievedHz),
    lost: runs.map(({ lost }) => lost),
    runsWithoutLoss: runs.filter(({ lost }) => lost === 0).length,
    isAccounted: runs.every(({ isAccounted }) => isAccounted),
    isQueriedComplete: runs.every(({ queried }) => queried.readings === queried.expected),
    kernelDrops: runs.map(({ kernelDrops }) => kernelDrops),
    causes: runs.map(({ causes }) => causes),
    usPerDatagram: over((run) => run.usPerDatagram),
    cpuSecondsPerMillionReadings: over((run) => (run.usage.cpuSeconds * 1e6) / (run.stored * load.readings)),
    coreShare: over(({ usage, wallSeconds }) => usage.cpuSeconds / wallSeconds),
    threadUsPerDatagram: Object.fromEntries(
      threads.map((name) => [
        name,
        over((run) => ((run.usage.threadSeconds[name] ?? 0) * 1e6) / run.datagrams).median,
      ]),
    ),
    discardUsPerDatagram:
      compared.length === 0 ? null : spreadOf(compared.map(({ discard }) => discard.usPerDatagram)),
    discardLost: compared.map(({ discard }) => discard.lost),
    ratio:
      compared.length === 0
        ? null
        : spreadOf(compared.map(({ discard, collector }) => collector.usPerDatagram / discard.usPerDatagram)),
    peakMiB: over(({ peakBytes }) => peakBytes / 2 ** 20),
    bytesPerReading: over((run) => run.bytesPerReading),
    writeAmplification: over(({ writtenBytes, fileBytes }) => writtenBytes / fileBytes),
    settleSeconds: over((run) => run.settleSeconds),
    observed: pairs.map(({ observed }) => observed).filter((value) => value !== null),
  };
};

export type Summary = ReturnType<typeof summarizePairs>;

const shown = ({ median, min, max }: Spread, digits: number): string =>
  `${median.toFixed(digits)} (${min.toFixed(digits)}-${max.toFixed(digits)})`;

/** What a person reads first. */
export const tableRow = (name: string, summary: Summary): Record<string, string> => ({
  scenario: name,
  "datagrams/s": summary.achievedHz.median.toFixed(0),
  lost: summary.lost.join(" "),
  accounted: summary.isAccounted && summary.isQueriedComplete ? "all" : "NO",
  "us/datagram": shown(summary.usPerDatagram, 2),
  "discard us": summary.discardUsPerDatagram === null ? "-" : shown(summary.discardUsPerDatagram, 2),
  ratio: summary.ratio === null ? "-" : shown(summary.ratio, 2),
  "s/M readings": summary.cpuSecondsPerMillionReadings.median.toFixed(2),
  "of a core": `${(summary.coreShare.median * 100).toFixed(1)} %`,
  "MiB peak": summary.peakMiB.max.toFixed(0),
  "B/reading": summary.bytesPerReading.median.toFixed(2),
  "written/file": summary.writeAmplification.median.toFixed(1),
});

const machine = () => ({
  cores: availableParallelism(),
  processor: cpus()[0]?.model ?? "unknown",
  memoryMiB: Math.round(totalmem() / 2 ** 20),
  kernel: release(),
  arch: process.arch,
  node: process.version,
});

interface Results {
  machine: ReturnType<typeof machine>;
  scenarios: Record<string, unknown>;
}

/** what figures are compared within */
const sameMachine = (one: Results["machine"], other: Results["machine"]): boolean =>
  (["cores", "processor", "kernel", "node"] as const).every((field) => one[field] === other[field]);

/**
 * The file of the results, before anything is measured: what would be missed after half an hour is said at once.
 * @returns the scenarios it holds already
 * @throws LacunaError `ERR_BENCH_RESULTS` when it cannot be written, or holds something else or figures of another machine
 */
export const openResults = (file: string): Record<string, unknown> => {
  const refuse = (reason: string): never => {
    throw new LacunaError("ERR_BENCH_RESULTS", `${file} ${reason}`);
  };
  const isNew = !existsSync(file);
  try {
    closeSync(openSync(file, "a"));
    if (isNew) {
      rmSync(file);
      return {};
    }
  } catch (error) {
    refuse(`cannot be written: ${messageOf(error)}`);
  }
  let found: Partial<Results> | null = null;
  try {
    found = JSON.parse(readFileSync(file, "utf8")) as Partial<Results> | null;
  } catch {
    refuse("holds something else than results: --out names another file");
  }
  if (found?.machine === undefined || found.scenarios === undefined)
    return refuse("holds something else than results: --out names another file");
  if (!sameMachine(found.machine, machine()))
    refuse("holds figures of another machine, kernel or Node: --out names another file");
  return found.scenarios;
};

/** Write the results; scenarios of an earlier run that are not among these stay in the file. */
export const writeResults = (
  file: string,
  earlier: Readonly<Record<string, unknown>>,
  results: Readonly<Record<string, Summary>>,
): void => {
  const content: Results = { machine: machine(), scenarios: { ...earlier, ...results } };
  writeFileSync(file, `${JSON.stringify(content, null, 2)}\n`);
};
