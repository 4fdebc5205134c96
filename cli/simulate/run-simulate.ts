import { loadSettings } from "../../common/config.ts";
import { SIMULATOR_OPTIONS } from "../../simulator/options/options.ts";
import type { Summary } from "../../simulator/run.ts";
import type { Progress } from "../../simulator/sending.ts";
import { simulate } from "../../simulator/simulate.ts";
import { print, readerAwaited } from "../terminal/output.ts";
import { stopSignals } from "../terminal/stop-signals.ts";
import { count, LiveLine, plural, rate } from "../terminal/terminal.ts";

const progressLine = (progress: Progress): string =>
  `${(progress.elapsedMs / 1000).toFixed(1)} s  sent ${count(progress.sent)} (${rate(progress.rateHz)})  ` +
  `dropped ${count(progress.dropped)}  corrupted ${count(progress.corrupted)}  ` +
  `copies ${count(progress.duplicated)}  reordered ${count(progress.reordered)}  restarts ${count(progress.restarts)}`;

/** What a simulation did, for people. */
export const summaryLines = (summary: Summary): string[] => [
  `used ${plural(summary.used, "number")} of ${plural(summary.settings.devices, "device")}, sent ${plural(summary.sent, "datagram")} ` +
    `in ${(summary.elapsedMs / 1000).toFixed(2)} s: ${rate(summary.rateHz)} (asked for ${rate(summary.targetRateHz)}${summary.settings.targetB === null ? "" : " to each target"})`,
  `dropped ${count(summary.dropped)}, corrupted ${count(summary.corrupted)}, copies ${count(summary.duplicated)}, ` +
    `reordered ${count(summary.reordered)}, restarts ${count(summary.restarts)}, control ${count(summary.control)}, ` +
    `asked ${plural(summary.asked, "time")}, sent ${plural(summary.repeated, "number")} again`,
  ...(summary.refused === 0
    ? []
    : [`refused by the system, and not sent: ${plural(summary.refused, "datagram")}`]),
  ...(summary.settings.truthPath === null ? [] : [`truth: ${summary.settings.truthPath}`]),
];

/** Plays until the end of the simulation, or a signal. */
export const runSimulate = async ({ json, ...flags }: Record<string, unknown>): Promise<void> => {
  // a simulation is set up by its flags alone: the collector's configuration file and environment are not meant for it
  const settings = loadSettings(SIMULATOR_OPTIONS, { ...flags, config: "none" }, {});
  const signals = stopSignals();
  const abort = new AbortController();
  void signals.received.then(() => abort.abort());
  const hurry = new AbortController();
  void signals.again.then(() => hurry.abort());
  const line = new LiveLine(process.stderr);
  const summary = await simulate(settings, {
    signal: abort.signal,
    hurry: hurry.signal,
    onProgress: (progress) => line.show(progressLine(progress)),
    onReaderAwaited: () => {
      line.clear();
      process.stderr.write(`${readerAwaited(settings.truthPath!)}\n`);
    },
  }).finally(() => {
    line.clear();
    signals.dispose();
  });
  await print(json === true ? `${JSON.stringify(summary)}\n` : `${summaryLines(summary).join("\n")}\n`);
};
