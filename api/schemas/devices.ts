import { Type } from "typebox";
import { DEVICE_STATUSES } from "../../protocol/device-status.ts";
import { MapOf, Next, Nullable, named, RefTo, Time, Word } from "./common.ts";
import { LedgerTotal } from "./ledger.ts";

const DeviceId = Type.String({ description: "device id", examples: ["pump-7"] });
const Status = Word(DEVICE_STATUSES, {
  description:
    "stale after 3, offline after 10 learned intervals of silence, neither before 2 s; an announced sleep counts as online, an orderly end as offline; unknown while no interval is known",
});

export const Device = named(
  Type.Object({
    id: DeviceId,
    status: Status,
    firstSeen: Nullable(Time("first arrival")),
    lastSeen: Nullable(Time("last arrival, control datagrams included")),
    source: Type.String({
      description: "address and port it was last heard from",
      examples: ["10.0.0.9:51234"],
    }),
    epoch: Nullable(Type.Integer({ description: "epoch of the current run" })),
    channels: Type.Array(Type.Object({ name: Type.String(), unit: Type.String() })),
    ledger: RefTo(LedgerTotal),
  }),
  "Device",
);

export const DeviceList = named(
  Type.Object({ devices: Type.Array(RefTo(Device)), next: Next }),
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
  Type.Object({
    devices: Type.Array(
      Type.Object({
        id: DeviceId,
        time: Nullable(Time("of the newest value")),
        ageSeconds: Nullable(
          Type.Number({ minimum: 0, description: "now - time; 0 when the device's clock is ahead" }),
        ),
        status: Status,
        values: Values,
        units: MapOf(Type.String(), "unit by channel name"),
      }),
    ),
    next: Next,
  }),
  "LatestList",
);
