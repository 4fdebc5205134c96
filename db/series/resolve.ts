import type { SeriesQuery } from "../query/query-types.ts";
import { undescribedNumber } from "../view/channel-names.ts";
import type { PlacedDescription } from "../view/descriptions.ts";
import type { DeviceView } from "../view/device-view.ts";
import type { PackedRuns } from "../view/packed-runs.ts";
import { hasPlace, type PlaceSet } from "../view/place-set.ts";
import type { PackedSeries } from "./series-query.ts";

/**
 * A series query with names as numbers, and the unit of its channel: that of the latest epoch that describes it, "" when none does.
 * @returns null when the device never had a channel of that name
 */
export const resolveSeries = (
  device: DeviceView,
  { channel: name, fromUs, toUs, nowUs }: Omit<SeriesQuery, "division">,
): { request: PackedSeries; unit: string } | null => {
  if (!device.hasChannel(name)) return null;
  const { packedRuns: runs, descriptions } = device;
  const named = descriptions.filter((description) => description.name === name);
  const number = undescribedNumber(name);
  // channel 7 is ch7 where nothing else is said of it
  const undescribed = {
    channel: number,
    descriptions: descriptions.filter(({ channel }) => channel === number),
  };
  const channels = runs.places.map((places) => channelsOf(places, named, undescribed));
  return { request: { fromUs, toUs, nowUs, runs, channels }, unit: unitOf(runs, named) };
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

const unitOf = ({ described, places }: PackedRuns, named: readonly PlacedDescription[]): string => {
  const units = places.map((set) => named.find(({ place }) => hasPlace(set, place))?.unit);
  const newest = described.findLast((index) => units[index] !== undefined);
  return newest === undefined ? (named.at(-1)?.unit ?? "") : units[newest]!;
};
