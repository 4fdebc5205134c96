import type { TimeForm } from "../../api/sources.ts";
import { LacunaError } from "../../common/errors.ts";
import { DeviceDamage } from "./device-damage.ts";
import { type ExportFormat, headerText, rowsText } from "./rows-text.ts";
import {
  type ExportPage,
  type ExportQuery,
  type ExportSource,
  unknownChannel,
  unknownDevice,
} from "./source.ts";
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
  /** numbers, over all devices; received are those that could be read */
  expected: number;
  received: number;
  /** how many could not be read is known: otherwise more may be missing than these say */
  isCounted: boolean;
  /** what could not be read, each once, in sentences */
  damaged: string[];
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
  const { devices, columns } = await chosenOf(source, plan);
  const summary: ExportSummary = {
    devices: 0,
    readings: 0,
    expected: 0,
    received: 0,
    isCounted: source.lost === null,
    damaged: source.lost === null ? [] : [source.lost],
  };
  await target.write(headerText(format, columns));
  for (const [index, { device, channels }] of devices.entries()) {
    let whole: ExportPage["completeness"] | null = null;
    let written = 0;
    const damage = new DeviceDamage(device);
    for await (const { rows, completeness, damaged } of damage.withTold(
      source.readings(device, { ...query, channels }),
    )) {
      damage.add(damaged);
      whole ??= completeness;
      await target.write(rowsText(device, rows, format, time, columns));
      written += rows.length;
      // a datagram has a row or more: good enough for a bar
      const share = Math.min(1, written / Math.max(1, whole.received));
      const readings = summary.readings + written;
      onPage({ ratio: (index + share) / devices.length, readings, devices: devices.length, device });
    }
    // one that was forgotten meanwhile is not missed, unless it was asked for
    if (whole === null && plan.devices !== null && damage.sentences.length === 0) throw unknownDevice(device);
    summary.damaged.push(...damage.sentences);
    summary.isCounted &&= damage.isCounted;
    summary.devices += Number(whole !== null);
    summary.readings += written;
    summary.expected += whole?.expected ?? 0;
    summary.received += Math.max(0, (whole?.received ?? 0) - damage.numbers);
  }
  return summary;
};

interface Chosen {
  devices: readonly { device: string; channels: readonly string[] }[];
  /** of CSV */
  columns: readonly string[];
}

/** @throws LacunaError when a device or a channel that was asked for is not there */
const chosenOf = async (source: ExportSource, plan: ExportPlan): Promise<Chosen> => {
  const devices = plan.devices === null ? await source.devices() : once(plan.devices);
  const channels = once(plan.query.channels);
  if (channels.length > 0) {
    return { devices: await withChannels(source, plan, devices, channels), columns: channels };
  }
  return {
    devices: devices.map((device) => ({ device, channels })),
    columns: plan.format === "csv" ? await allChannels(source, plan, devices) : [],
  };
};

/** A name given twice means what it means once; rows have one place for it. */
const once = (names: readonly string[]): string[] => [...new Set(names)];

/** Devices with those of the wanted channels each has; those that have none are left out. */
const withChannels = async (
  source: ExportSource,
  plan: ExportPlan,
  devices: readonly string[],
  wanted: readonly string[],
): Promise<Chosen["devices"]> => {
  const chosen: { device: string; channels: readonly string[] }[] = [];
  const unknown = new Set(wanted);
  for (const device of devices) {
    const names = new Set(await namesOf(source, plan, device));
    const channels = wanted.filter((name) => names.has(name));
    for (const name of channels) unknown.delete(name);
    if (channels.length > 0) chosen.push({ device, channels });
  }
  for (const name of unknown) throw unknownChannel(name);
  return chosen;
};

/** Those of all devices, in the order in which they occur. */
const allChannels = async (
  source: ExportSource,
  plan: ExportPlan,
  devices: readonly string[],
): Promise<readonly string[]> => {
  const columns = new Set<string>();
  for (const device of devices) {
    for (const name of await namesOf(source, plan, device)) columns.add(name);
  }
  return [...columns];
};

const namesOf = async (
  source: ExportSource,
  { devices }: ExportPlan,
  device: string,
): Promise<readonly string[]> => {
  const names = await source.channelNames(device);
  if (names === null && devices !== null) throw unknownDevice(device);
  return names ?? [];
};
