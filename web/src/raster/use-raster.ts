import { query } from "../data/fetch-json.ts";
import type { FleetList, Raster } from "../data/types.ts";
import { usePoll } from "../data/use-poll.ts";

export const SIZES = [1, 5, 10, 20, 50, 100, 1000, 10_000] as const;
const DEFAULT_SIZE = 10;
/** Numbers per cell. */
export const parseSize = (text: string | null): number =>
  SIZES.find((size) => String(size) === text) ?? DEFAULT_SIZE;
export const formatSize = (size: number): string | null => (size === DEFAULT_SIZE ? null : String(size));

export const RASTER_SORTS = [
  ["id", "by id"],
  ["completeness", "least complete first"],
  ["lost", "most lost first"],
  ["lastSeen", "last seen first"],
] as const;
export type RasterSort = (typeof RASTER_SORTS)[number][0];
export const parseSort = (text: string | null): RasterSort =>
  RASTER_SORTS.find(([sort]) => sort === text)?.[0] ?? "id";

/** the API takes that many in one question */
const MOST_ROWS = 200;
const LIVE_MS = 1000;

export interface RasterWanted {
  first: number;
  visible: number;
  search: string;
  sort: RasterSort;
  size: number;
  blocks: number;
}

/** The devices in sight, and their newest blocks. */
export const useRaster = ({ first, visible, search, sort, size, blocks }: RasterWanted) => {
  const isDescending = sort === "lost" || sort === "lastSeen";
  const fleet = usePoll<FleetList>(
    `fleet${query({
      sort,
      order: isDescending ? "desc" : "asc",
      search: search === "" ? null : search,
      offset: first,
      limit: Math.min(MOST_ROWS, visible),
    })}`,
    2000,
  );
  const ids = fleet.data?.devices.map(({ id }) => id) ?? [];
  const raster = usePoll<Raster>(
    ids.length === 0 || blocks < 2 ? null : `raster${query({ device: ids, size, blocks })}`,
    LIVE_MS,
  );
  return { total: fleet.data?.total, ids, raster: raster.data, failure: fleet.failure ?? raster.failure };
};
