import { DEVICE_STATUSES } from "../../protocol/device-status.ts";
import { FLEET_SORTS } from "../fleet/fleet-table.ts";
import {
  Announced,
  AnyTimeOrNull,
  Cursor,
  Limit,
  MapOf,
  Next,
  Nullable,
  named,
  Query,
  RateHz,
  RefTo,
  Time,
  timeRangeQuery,
  Word,
} from "./common.ts";
import { LedgerTotal } from "./ledger.ts";
import { Type } from "./type.ts";

const DeviceId = Type.String({ description: "device id", examples: ["pump-7"] });
const Status = Word(DEVICE_STATUSES, {
  description:
    "stale after 3, offline after 10 learned intervals of silence, neither before 2 s; an announced sleep counts as online, an orderly end as offline; unknown while no interval is known, and since the collector's clock was set back",
});

export const Device = named(
  Type.Object(
    {
      id: DeviceId,
      status: Status,
      announced: Announced,
      intervalSeconds: Nullable(
        Type.Number({
          exclusiveMinimum: 0,
          description: "learned interval between its datagrams, or between bursts of them; null: unknown",
        }),
      ),
      rateHz: RateHz,
      firstSeen: Nullable(Time("first arrival")),
      lastSeen: Nullable(Time("last arrival, control datagrams included")),
      source: Type.String({
        description: "address and port it was last heard from",
        examples: ["10.0.0.9:51234"],
      }),
      epoch: Nullable(Type.Integer({ description: "epoch of the current run" })),
      channels: Type.Array(Type.Object({ name: Type.String(), unit: Type.String() }), {
        description: "of its epoch; while none of these is known, those of its newest values",
      }),
      ledger: RefTo(LedgerTotal),
    },
    { description: "a device: when and whence it was heard, what it measures, its ledger" },
  ),
  "Device",
);

const Ratio = (description: string) => Type.Optional(Type.Number({ minimum: 0, maximum: 1, description }));

export const DevicesQueryString = Query({
  status: Type.Optional(Word(DEVICE_STATUSES, { description: "only devices with this status" })),
  search: Type.Optional(
    Type.String({
      minLength: 1,
      maxLength: 64,
      description: "part of the id, 1 to 64 characters, in any case",
    }),
  ),
  min_completeness: Ratio("from 0 to 1: only devices that are at least so complete"),
  max_completeness: Ratio("from 0 to 1: only devices that are at most so complete"),
  ...timeRangeQuery("inclusive, by when devices were last seen", "exclusive, likewise"),
  sort: Type.Optional(Word(FLEET_SORTS, { description: "what to sort by; id when left out" })),
  order: Type.Optional(
    Word(["asc", "desc"], { description: "asc when left out; what is unknown comes last" }),
  ),
  limit: Limit(1000),
  cursor: Cursor,
});

export const DeviceList = named(
  Type.Object({ devices: Type.Array(RefTo(Device)), next: Next }, { description: "a page of devices" }),
  "DeviceList",
);

const Value = Type.Unsafe<number | boolean | string>({
  description: 'a value; what JSON has no number for is "NaN", "Infinity" or "-Infinity"',
  anyOf: [
    { type: "number" },
    { type: "boolean" },
    { type: "string", enum: ["NaN", "Infinity", "-Infinity"] },
  ],
});

export const Values = MapOf(Value, "value by channel name");

export const LatestList = named(
  Type.Object(
    {
      devices: Type.Array(
        Type.Object({
          id: DeviceId,
          time: AnyTimeOrNull("of the newest value"),
          ageSeconds: Nullable(
            Type.Number({ minimum: 0, description: "now - time; 0 when the device's clock is ahead" }),
          ),
          status: Status,
          values: Values,
          units: MapOf(Type.String(), "unit by channel name"),
        }),
      ),
      next: Next,
    },
    {
      description: "a page of newest values: of each channel that of the newest datagram, whatever its time",
    },
  ),
  "LatestList",
);
