import type { DeviceView, RunView } from "../device-view.ts";
import type { SeriesQuery } from "../query-types.ts";
import { undescribedNumber } from "../view/channel-names.ts";
import type { PlacedDescription } from "../view/descriptions.ts";
import { hasPlace, type PlaceSet } from "../view/place-set.ts";
import type { SeriesRequest, SeriesRun } from "./series-query.ts";

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
  const number = undescribedNumber(name);
  // channel 7 is ch7 where nothing else is said of it
  const undescribed = {
    channel: number,
    descriptions: descriptions.filter(({ channel }) => channel === number),
  };
  const request = {
    fromUs,
    toUs,
    nowUs,
    runs: runs.map((run) => ({
      ...runOf(run),
      channels: channelsOf(device.placesIn(run.epoch ?? -1), named, undescribed),
    })),
  };
  return { request, unit: unitOf(device, runs, named) };
};

const channelsOf = (
  places: PlaceSet,
  named: readonly PlacedDescription[],
  undescribed: { channel: number | null; descriptions: readonly PlacedDescription[] },
): number[] => {
  const holds = ({ place }: PlacedDescription): boolean => hasPlace(places, place);
  const channels = named.filter(holds).map(({ channel }) => channel);
  if (undescribed.channel !== null && !undescribed.descriptions.some(holds))
    channels.push(undescribed.channel);
  return channels;
};

const unitOf = (
  device: DeviceView,
  runs: readonly RunView[],
  named: readonly PlacedDescription[],
): string => {
  for (const { epoch } of [...runs].reverse()) {
    const places = device.placesIn(epoch ?? -1);
    const description = named.find(({ place }) => hasPlace(places, place));
    if (description !== undefined) return description.unit;
  }
  return named.at(-1)?.unit ?? "";
};
