import { judgedAtUs } from "../../api/fleet/judged-at.ts";
import type { LedgerSource } from "../../api/sources.ts";
import { deviceStatus } from "../../protocol/device-status.ts";
import { completenessOf, lossOf } from "../../protocol/ledger-counts.ts";
import type { Progress } from "../../simulator/sending.ts";
import { count, lossPercent, percent, plural, rate, rowTable, wrapped } from "../terminal/terminal.ts";

const devicesOnline = (ledger: LedgerSource, nowUs: number): number => {
  let online = 0;
  ledger.visitDevices(({ heard }) => {
    if (deviceStatus(heard, judgedAtUs(ledger, nowUs), ledger.down) === "online") online++;
  });
  return online;
};

/**
 * The demo's live table: the committed ledger in one line, the simulator's own account below it.
 * @param width - of a line at most; what does not fit has further lines
 */
export const demoTable = (
  ledger: LedgerSource,
  progress: Progress | undefined,
  nowUs: number,
  width: number,
): string[] => {
  const { counts } = ledger.fleet();
  const loss = lossOf(counts);
  const lines = rowTable(
    [
      "online",
      "datagrams/s",
      "expected",
      "received",
      "recovered",
      "missing",
      "lost",
      "duplicates",
      "lost on the way",
      "after recovery",
      "completeness",
    ],
    [
      count(devicesOnline(ledger, nowUs)),
      progress === undefined ? "–" : rate(progress.rateHz),
      count(counts.expected),
      count(counts.received),
      count(counts.recovered),
      count(counts.missing),
      count(counts.lost),
      count(counts.duplicates),
      lossPercent(loss.raw),
      lossPercent(loss.residual),
      percent(completenessOf(counts.received, counts.expected)),
    ],
    width,
  );
  if (progress === undefined) return lines;
  const { dropped, corrupted, duplicated, reordered, restarts, asked, repeated } = progress;
  const account = `the simulator: dropped ${count(dropped)}, damaged ${count(corrupted)}, copied ${count(duplicated)}, reordered ${count(reordered)}, restarts ${count(restarts)}; asked ${plural(asked, "time")}, sent ${plural(repeated, "number")} again`;
  return [...lines, ...wrapped(account, width)];
};
