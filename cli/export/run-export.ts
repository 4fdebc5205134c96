import { ApiError } from "../../api/problems.ts";
import { parseTimeRange, type TimeRange } from "../../api/requests/query-time.ts";
import type { TimeForm } from "../../api/sources.ts";
import { ApiClient } from "../../common/api-client.ts";
import { systemClock } from "../../common/clock.ts";
import { setEngineFlags } from "../../common/engine-flags.js";
import { LacunaError } from "../../common/errors.ts";
import { completenessOf } from "../../protocol/ledger-counts.ts";
import { type ApiFlags, tokenOf } from "../options/api-flags.ts";
import { stopSignals } from "../terminal/stop-signals.ts";
import { count, LiveLine, percent } from "../terminal/terminal.ts";
import { UsageError } from "../terminal/usage-error.ts";
import { apiExportSource } from "./api-source.ts";
import { databaseExportSource } from "./database-source.ts";
import { type ExportProgress, type ExportSummary, exportReadings } from "./export-readings.ts";
import type { ExportFormat } from "./rows-text.ts";
import type { ExportSource } from "./source.ts";
import { fileTarget, standardOutput } from "./target.ts";

export interface ExportFlags extends ApiFlags {
  db?: string;
  device?: string[];
  channel?: string[];
  from?: string;
  to?: string;
  format: ExportFormat;
  time: TimeForm;
  output?: string;
}

const PROGRESS_EVERY_MS = 100;
const BAR_WIDTH = 24;
const MOST_DAMAGE_SHOWN = 100;

const counted = (n: number, what: string): string => `${count(n)} ${what}${n === 1 ? "" : "s"}`;

const progressLine = ({ ratio, readings, devices, device }: ExportProgress): string => {
  const filled = Math.floor(ratio * BAR_WIDTH);
  const bar = "#".repeat(filled) + "-".repeat(BAR_WIDTH - filled);
  const which = devices === 1 ? device : `${device} of ${count(devices)} devices`;
  return `[${bar}] ${Math.floor(ratio * 100)} %  ${counted(readings, "reading")}  ${which}`;
};

const summaryLine = ({ devices, readings, expected, received, isCounted }: ExportSummary): string =>
  `${counted(readings, "reading")} of ${counted(devices, "device")}, completeness ${percent(isCounted ? completenessOf(received, expected) : null)}`;

/** Relative times count from now, for all devices alike. */
const timeRangeOf = (flags: ExportFlags): TimeRange => {
  const { from, to } = flags;
  const query = { ...(from === undefined ? {} : { from }), ...(to === undefined ? {} : { to }) };
  try {
    return parseTimeRange(query, systemClock.wallUs());
  } catch (error) {
    if (!(error instanceof ApiError)) throw error;
    const mistakes = error.extra.parameters ?? [];
    throw new UsageError(mistakes.map(({ name, detail }) => `--${name}: ${detail}`).join("\n"));
  }
};

const sourceOf = ({ api, token, db }: ExportFlags, signal: AbortSignal): ExportSource =>
  db === undefined
    ? apiExportSource(new ApiClient(api, { token: tokenOf(token) }), signal)
    : databaseExportSource(db);

/** Shown where it does not run into what is printed. */
const progressOn = (line: LiveLine): ((progress: ExportProgress) => void) => {
  let shownMs = Number.NEGATIVE_INFINITY;
  return (progress) => {
    const nowMs = systemClock.monotonicMs();
    if (nowMs - shownMs < PROGRESS_EVERY_MS) return;
    shownMs = nowMs;
    line.show(progressLine(progress));
  };
};

/** All else is written. @throws LacunaError `ERR_EXPORT_DAMAGED` */
const tellDamage = (damaged: readonly string[]): void => {
  if (damaged.length === 0) return;
  const shown = damaged.slice(0, MOST_DAMAGE_SHOWN);
  const more = damaged.length - shown.length;
  const lines = [...shown, ...(more > 0 ? [`and ${count(more)} more`] : [])];
  throw new LacunaError(
    "ERR_EXPORT_DAMAGED",
    `not all of it could be read: the database is damaged (docs/storage.md, "A damaged database"). All the rest is written\n${lines.join("\n")}`,
  );
};

/** Completes, or throws and leaves nothing that passes as whole, unless it says what of it is damaged. */
export const runExport = async (flags: ExportFlags): Promise<void> => {
  const { device, channel = [], format, time, output } = flags;
  const plan = { devices: device ?? null, query: { channels: channel, ...timeRangeOf(flags) }, format, time };
  setEngineFlags();
  const signals = stopSignals();
  const stop = new AbortController();
  void signals.received.then(() => stop.abort());
  const source = sourceOf(flags, stop.signal);
  const line = new LiveLine(process.stderr);
  const isMixed = output === undefined && process.stdout.isTTY;
  try {
    const target = output === undefined ? standardOutput : await fileTarget(output, stop.signal);
    const onProgress = isMixed ? () => {} : progressOn(line);
    const summary = await exportReadings(source, target, plan, { signal: stop.signal, onProgress });
    line.clear();
    process.stderr.write(`${summaryLine(summary)}${output === undefined ? "" : `: ${output}`}\n`);
    tellDamage(summary.damaged);
  } finally {
    line.clear();
    source.close();
    signals.dispose();
  }
};
