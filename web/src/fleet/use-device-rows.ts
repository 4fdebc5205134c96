import { useMemo } from "preact/hooks";
import { type ApiFailure, query } from "../data/fetch-json.ts";
import type { DeviceStatus, FleetDevice, FleetList, Raster, RasterDevice } from "../data/types.ts";
import { usePoll } from "../data/use-poll.ts";
import { parseMs } from "../format/times.ts";
import type { VirtualWindow } from "../parts/virtual-window.ts";
import type { Sorting } from "./sort.ts";

/** Blocks of numbers each row's strip shows. */
export const STRIP = { blocks: 30, size: 20 } as const;
/** windows begin at multiples of this, so that scrolling a little asks nothing new */
const STEP = 40;
/** the API takes that many in one question */
const MOST_STRIPS = 60;

export interface DeviceRows {
  total: number | undefined;
  /** the collector's clock when the rows came: by a later one a device that speaks all the time would seem silent until the next rows */
  nowMs: number;
  rowAt(index: number): FleetDevice | undefined;
  stripOf(device: string): RasterDevice | undefined;
  /** why the newest question for rows, or for strips, was not answered */
  failures: { rows: ApiFailure | undefined; strips: ApiFailure | undefined };
}

/**
 * The rows around what is in sight, and the strips of those in sight.
 * @param clockMs - the collector's clock; null = not known yet
 */
export const useDeviceRows = (
  { first, visible }: VirtualWindow,
  sorting: Sorting,
  search: string,
  status: DeviceStatus | null,
  clockMs: number | null,
): DeviceRows => {
  const offset = Math.max(0, Math.floor(first / STEP) * STEP - STEP);
  const limit = Math.min(1000, Math.ceil((visible + STEP * 3) / STEP) * STEP);
  const path = `fleet${query({
    sort: sorting.key,
    order: sorting.isDescending ? "desc" : "asc",
    search: search === "" ? null : search,
    status,
    offset,
    limit,
  })}`;
  const fleet = usePoll<FleetList>(path, 2000);
  const nowMs = useMemo(
    // in a silence nothing is committed: the clock goes on all the same
    () => Math.max(clockMs ?? 0, fleet.data === undefined ? 0 : parseMs(fleet.data.asOf)),
    [fleet.data, clockMs === null],
  );
  const shownOffset = Number(new URLSearchParams(fleet.path?.split("?")[1]).get("offset"));
  const rowAt = (index: number): FleetDevice | undefined => fleet.data?.devices[index - shownOffset];
  const inSight = Array.from({ length: Math.min(visible, MOST_STRIPS) }, (_, row) => rowAt(first + row)?.id);
  const ids = inSight.filter((id) => id !== undefined);
  const raster = usePoll<Raster>(
    ids.length === 0 ? null : `raster${query({ device: ids, size: STRIP.size, blocks: STRIP.blocks })}`,
    2000,
  );
  const strips = new Map(raster.data?.devices.map((strip) => [strip.device, strip]));
  return {
    total: fleet.data?.total,
    nowMs,
    rowAt,
    stripOf: (device) => strips.get(device),
    failures: { rows: fleet.failure, strips: raster.failure },
  };
};
