import { EVENT_KINDS } from "../../protocol/batch.ts";
import { DEVICE_STATUSES } from "../../protocol/device-status.ts";
import { MAX_HISTORY_SECONDS } from "../fleet/fleet-history.ts";
import { FLEET_SORTS } from "../fleet/fleet-table.ts";
import {
  Announced,
  Count,
  Cursor,
  Defaulted,
  Limit,
  MapOf,
  Next,
  Nullable,
  named,
  Query,
  RateHz,
  Time,
  TimeRangeQuery,
  Word,
} from "./common.ts";
import { Completeness } from "./ledger.ts";
import { Type } from "./type.ts";

const asOf = Time("time of the last commit in this answer");
const Causes = MapOf(Count("numbers"), "lost, by cause");
const Epoch = Nullable(Type.Integer());

export const FleetList = named(
  Type.Object(
    {
      asOf,
      total: Type.Integer({ minimum: 0, description: "devices that match" }),
      statuses: Type.Object(
        Object.fromEntries(DEVICE_STATUSES.map((status) => [status, Type.Integer({ minimum: 0 })])) as Record<
          (typeof DEVICE_STATUSES)[number],
          ReturnType<typeof Type.Integer>
        >,
        { description: "how many of all devices are in each status" },
      ),
      devices: Type.Array(
        Type.Object({
          id: Type.String(),
          status: Word(DEVICE_STATUSES),
          announced: Announced,
          epoch: Epoch,
          lastSeen: Nullable(Time("last arrival")),
          rateHz: RateHz,
          expected: Count("numbers"),
          received: Count("numbers"),
          recovered: Count("numbers"),
          late: Count("numbers"),
          missing: Count("numbers"),
          lost: Count("numbers"),
          completeness: Completeness,
          causes: Causes,
        }),
      ),
    },
    { description: "rows of the table, and how many devices match" },
  ),
  "FleetList",
);

export const FleetQueryString = Query({
  sort: Defaulted(Word(FLEET_SORTS, { description: "what the devices are sorted by" }), "id"),
  order: Defaulted(Word(["asc", "desc"], { description: "what is not known is last in either" }), "asc"),
  search: Type.Optional(
    Type.String({
      minLength: 1,
      maxLength: 64,
      description: "part of an id of 1 to 64 characters, in any case",
    }),
  ),
  status: Type.Optional(Word(DEVICE_STATUSES, { description: "only devices in this status" })),
  offset: Defaulted(
    Type.Integer({ minimum: 0, maximum: 10_000_000, description: "devices to pass over" }),
    0,
  ),
  limit: Limit(1000),
});

export const History = named(
  Type.Object(
    {
      stepSeconds: Type.Integer({ description: "between two samples" }),
      samples: Type.Array(
        Type.Object({
          time: Time("of the sample"),
          datagrams: Count("that arrived"),
          rejected: Count("of these, rejected"),
          shed: Count("of these, refused for want of room"),
          expected: Count("numbers"),
          received: Count("numbers"),
          reordered: Count("numbers"),
          recovered: Count("numbers"),
          late: Count("numbers"),
          missing: Count("numbers"),
          lost: Count("numbers"),
          duplicates: Count("datagrams"),
          causes: Causes,
        }),
        { description: "counters as they stood then, oldest first" },
      ),
    },
    { description: "the fleet's counters as they stood at each step" },
  ),
  "History",
);

export const HistoryQueryString = Query({
  span: Defaulted(
    Type.Integer({ minimum: 10, maximum: MAX_HISTORY_SECONDS, description: "seconds to look back" }),
    600,
  ),
});

export const Raster = named(
  Type.Object(
    {
      asOf,
      size: Type.Integer({ description: "numbers per block" }),
      devices: Type.Array(
        Type.Object({
          device: Type.String(),
          runs: Type.Array(
            Type.Object({
              epoch: Epoch,
              run: Type.Integer(),
              first: Type.Integer({ description: "first number shown" }),
              last: Type.Integer({ description: "last number shown" }),
              exactFrom: Type.Integer({
                description:
                  "below it absent numbers can no longer be told apart, or were too many to look at",
              }),
              blocks: Type.Array(
                Type.Object({
                  block: Type.Integer({ description: "its numbers are [block x size, (block + 1) x size)" }),
                  missing: Count("numbers"),
                  recovered: Count("numbers"),
                  late: Count("numbers"),
                  causes: Causes,
                }),
                {
                  description:
                    "blocks where a number is absent or came after its window; all others are whole",
                },
              ),
            }),
            { description: "oldest first" },
          ),
        }),
      ),
    },
    { description: "the newest blocks of each device that was asked for and is known" },
  ),
  "Raster",
);

export const RasterQueryString = Query({
  device: Type.Array(Type.String({ minLength: 1, maxLength: 64, description: "a device id" }), {
    minItems: 1,
    maxItems: 200,
    description: "device id; repeatable, 1 to 200 of them",
  }),
  size: Defaulted(Type.Integer({ minimum: 1, maximum: 1_000_000, description: "numbers per block" }), 10),
  blocks: Defaulted(
    Type.Integer({ minimum: 1, maximum: 1000, description: "newest blocks of each device" }),
    100,
  ),
});

export const EventList = named(
  Type.Object(
    {
      events: Type.Array(
        Type.Object({
          event: Type.Integer({ description: "number, in the order in which they were committed" }),
          time: Time("when it happened"),
          kind: Type.String({ description: "what happened" }),
          device: Nullable(Type.String()),
          detail: Type.Unsafe<Record<string, unknown>>({
            type: "object",
            additionalProperties: true,
            description:
              "what else there is to say, by kind; times in it are RFC 3339 too (`until` of `sleep`, `from` and `to` of `collector-down`, whose `from` is null when nothing had ever been heard); `{damaged: true}` where the database is damaged there",
          }),
        }),
      ),
      next: Next,
    },
    { description: "a page of events" },
  ),
  "EventList",
);

export const EventsQueryString = Query({
  device: Type.Optional(
    Type.String({
      minLength: 1,
      maxLength: 64,
      description: "a device id of 1 to 64 characters; one that is unknown has no events",
    }),
  ),
  kind: Type.Optional(Word(EVENT_KINDS, { description: "only events of this kind" })),
  ...TimeRangeQuery,
  order: Defaulted(Word(["asc", "desc"], { description: "oldest or newest first" }), "desc"),
  limit: Limit(1000),
  cursor: Cursor,
});
