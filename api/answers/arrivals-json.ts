import type { Static } from "typebox";
import type { DeviceArrivals, TransitFigures } from "../../protocol/device-arrivals.ts";
import type { Arrivals } from "../schemas/arrivals.ts";

const seconds = (us: number): number => Math.round(us) / 1e6;

const transitJson = (
  { pairs, jitterUs, meanUs, leastUs, greatestUs }: TransitFigures,
  isRelative: boolean,
): Static<typeof Arrivals>["transit"] => ({
  pairs,
  jitterSeconds: seconds(jitterUs),
  meanSeconds: seconds(meanUs),
  leastSeconds: seconds(leastUs),
  greatestSeconds: seconds(greatestUs),
  spreadSeconds: seconds(greatestUs - leastUs),
  isRelative,
});

const NOTHING: DeviceArrivals["reordering"] = {
  count: 0,
  greatestExtent: 0,
  meanExtent: 0,
  greatestDelayUs: 0,
  atLeast: [0, 0, 0, 0, 0, 0, 0, 0],
};

/** `GET /devices/{id}/arrivals`. @param arrivals - null = no ingest worker has the device in memory */
export const arrivalsJson = (device: string, arrivals: DeviceArrivals | null): Static<typeof Arrivals> => {
  const { count, greatestExtent, meanExtent, greatestDelayUs, atLeast } = arrivals?.reordering ?? NOTHING;
  return {
    device,
    epoch: arrivals?.epoch ?? null,
    run: arrivals?.run ?? null,
    transit: arrivals?.transit == null ? null : transitJson(arrivals.transit, arrivals.isRelative),
    reordering: {
      count,
      greatestExtent,
      meanExtent: Math.round(meanExtent * 100) / 100,
      greatestDelaySeconds: seconds(greatestDelayUs),
      nReordering: atLeast,
    },
  };
};
