import { statusOfDevice } from "../api/device-json.ts";
import type { LedgerSource } from "../api/sources.ts";
import { completenessOf } from "../protocol/ledger-counts.ts";
import type { Progress } from "../simulator/run.ts";
import { count, percent, rate, table } from "./terminal.ts";

const devicesOnline = (ledger: LedgerSource, nowUs: number): number => {
  let online = 0;
  for (const id of ledger.deviceIds()) {
    if (statusOfDevice(ledger.device(id)!, nowUs) === "online") online++;
  }
  return online;
};

/** The demo's live table: the committed ledger in one line, the simulator's own account below it. */
export const demoTable = (ledger: LedgerSource, progress: Progress | undefined, nowUs: number): string[] => {
  const { counts } = ledger.fleet();
  const lines = table(
    ["online", "datagrams/s", "expected", "received", "missing", "lost", "duplicates", "completeness"],
    [
      [
        count(devicesOnline(ledger, nowUs)),
        progress === undefined ? "–" : rate(progress.rateHz),
        count(counts.expected),
        count(counts.received),
        count(counts.missing),
        count(counts.lost),
        count(counts.duplicates),
        percent(completenessOf(counts.received, counts.expected)),
      ],
    ],
  );
  if (progress === undefined) return lines;
  const { dropped, corrupted, duplicated, reordered, restarts } = progress;
  return [
    ...lines,
    `the simulator: dropped ${count(dropped)}, damaged ${count(corrupted)}, copied ${count(duplicated)}, reordered ${count(reordered)}, restarts ${count(restarts)}`,
  ];
};
