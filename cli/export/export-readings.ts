import type { TimeForm } from "../../api/sources.ts";
import { LacunaError } from "../../common/errors.ts";
import { type ExportFormat, headerText, rowsText } from "./rows-text.ts";
import { type ExportPage, type ExportQuery, type ExportSource, unknownDevice } from "./source.ts";
import type { ExportTarget } from "./target.ts";

export interface ExportPlan {
  /** null = all there are */
  devices: readonly string[] | null;
  query: ExportQuery;
  format: ExportFormat;
  time: TimeForm;
}

export interface ExportProgress {
  /** of all devices, [0, 1] */
  ratio: number;
  readings: number;
  devices: number;
  device: string;
}

export interface ExportSummary {
  devices: number;
  readings: number;
  /** numbers, over all devices */
  expected: number;
  received: number;
}

/**
 * Writes the readings of devices one after the other, page by page: no more than a page is in memory.
 * @throws LacunaError when source or target fail; the target is discarded then
 */
export const exportReadings = async (
  source: ExportSource,
  target: ExportTarget,
  plan: ExportPlan,
  { signal, onProgress }: { signal: AbortSignal; onProgress(progress: ExportProgress): void },
): Promise<ExportSummary> => {
  try {
    const summary = await writeAll(source, target, plan, (progress) => {
      signal.throwIfAborted();
      onProgress(progress);
    });
    await target.finish();
    return summary;
  } catch (error) {
    await target.discard();
    if (!signal.aborted) throw error;
    // what it broke in the middle of says less
    throw new LacunaError("ERR_EXPORT_INTERRUPTED", "the export was interrupted", { cause: error });
  }
};

const writeAll = async (
  source: ExportSource,
  target: ExportTarget,
  plan: ExportPlan,
  onPage: (progress: ExportProgress) => void,
): Promise<ExportSummary> => {
  const { query, format, time } = plan;
  const devices = plan.devices ?? (await source.devices());
  const columns = format === "csv" ? await columnsOf(source, plan, devices) : [];
  const summary: ExportSummary = { devices: 0, readings: 0, expected: 0, received: 0 };
  await target.write(headerText(format, columns));
  for (const [index, device] of devices.entries()) {
    let whole: ExportPage["completeness"] | null = null;
    let written = 0;
    for await (const { rows, completeness } of source.readings(device, query)) {
      whole ??= completeness;
      await target.write(rowsText(device, rows, format, time, columns));
      written += rows.length;
      // a datagram has a row or more: good enough for a bar
      const share = Math.min(1, written / Math.max(1, whole.received));
      const readings = summary.readings + written;
      onPage({ ratio: (index + share) / devices.length, readings, devices: devices.length, device });
    }
    // one that was forgotten meanwhile is not missed, unless it was asked for
    if (whole === null && plan.devices !== null) throw unknownDevice(device);
    summary.devices += Number(whole !== null);
    summary.readings += written;
    summary.expected += whole?.expected ?? 0;
    summary.received += whole?.received ?? 0;
  }
  return summary;
};

/** The wanted channels, else those of all devices in the order in which they occur. */
const columnsOf = async (
  source: ExportSource,
  plan: ExportPlan,
  devices: readonly string[],
): Promise<readonly string[]> => {
  if (plan.query.channels.length > 0) return plan.query.channels;
  const columns = new Set<string>();
  for (const device of devices) {
    const names = await source.channelNames(device);
    if (names === null && plan.devices !== null) throw unknownDevice(device);
    for (const name of names ?? []) columns.add(name);
  }
  return [...columns];
};
