import type { DeviceView, RunView } from "../ledger-view.ts";
import type { SeriesQuery } from "../query-types.ts";
import { undescribedNumber } from "../view/channel-names.ts";
import type { SeriesRequest, SeriesRun } from "./series-query.ts";

type Description = DeviceView["descriptions"][number];

/**
 * A series query with names as numbers, and the unit of its channel: that of the latest epoch that describes it, "" when none does.
 * @param runOf - what a query needs to know of a run
 * @returns null when the device never had a channel of that name
 */
export const resolveSeries = (
  device: DeviceView,
  { channel: name, fromUs, toUs, nowUs }: Omit<SeriesQuery, "division">,
  runOf: (run: RunView) => Omit<SeriesRun, "channels">,
): { request: Omit<SeriesRequest, "division">; unit: string } | null => {
  if (!device.hasChannel(name)) return null;
  const { runs, descriptions } = device;
  const named = descriptions.filter((description) => description.name === name);
  const undescribed = undescribedNumber(name);
  const request = {
    fromUs,
    toUs,
    nowUs,
    runs: runs.map((run) => ({
      ...runOf(run),
      channels: channelsOf(run.epoch ?? -1, named, undescribed, descriptions),
    })),
  };
  return { request, unit: unitOf(runs, named) };
};

const channelsOf = (
  epoch: number,
  named: readonly Description[],
  undescribed: number | null,
  descriptions: readonly Description[],
): number[] => {
  const channels = named.filter((description) => description.epoch === epoch).map(({ channel }) => channel);
  const isDescribed = descriptions.some((each) => each.epoch === epoch && each.channel === undescribed);
  if (undescribed !== null && !isDescribed) channels.push(undescribed);
  return channels;
};

const unitOf = (runs: readonly RunView[], named: readonly Description[]): string => {
  for (const run of [...runs].reverse()) {
    const description = named.find(({ epoch }) => epoch === (run.epoch ?? -1));
    if (description !== undefined) return description.unit;
  }
  return named.at(-1)?.unit ?? "";
};
