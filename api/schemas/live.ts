import { ARRIVAL_BINS } from "../../protocol/arrival-bin.ts";
import { CAUSES } from "../../protocol/ledger-row.ts";
import { LIVE_EVENTS, SKIP_REASONS } from "../live/client.ts";
import { ChannelFilter, Nullable, named, Query, RefTo, Time, Word } from "./common.ts";
import { Values } from "./devices.ts";
import { FleetTotal, LedgerTotal } from "./ledger.ts";
import { Type } from "./type.ts";

export const LiveQueryString = Query({
  device: Type.Optional(
    Type.Array(
      Type.String({ minLength: 1, maxLength: 64, description: "a device id of 1 to 64 characters" }),
      { maxItems: 64, description: "device id; repeatable, up to 64 of them; all devices when left out" },
    ),
  ),
  channel: ChannelFilter,
  event: Type.Optional(
    Type.Array(Word(LIVE_EVENTS, { description: "what to tell" }), {
      maxItems: LIVE_EVENTS.length,
      description: `kind of event; repeatable, up to ${LIVE_EVENTS.length} of them; all kinds when left out; \`reading\` brings \`late\` too`,
    }),
  ),
});

export const LiveHeaders = Type.Object({
  "last-event-id": Type.Optional(
    Type.String({ description: "the last `id` seen: what came after it is told first; empty = none" }),
  ),
});

const Run = {
  epoch: Nullable(Type.Integer({ description: "one start of the sender; null when its format has none" })),
  run: Type.Integer({ description: "numbering inside the epoch" }),
};

export const LiveReading = named(
  Type.Object(
    {
      device: Type.String(),
      ...Run,
      seq: Nullable(Type.Integer({ description: "number of its datagram; null when it had none" })),
      time: Time("of the reading"),
      values: Values,
    },
    {
      description:
        "data of the events `reading`, ascending by `seq` within a run, and `late`, whose place in that order has passed",
    },
  ),
  "LiveReading",
);

export const LiveLedger = named(
  Type.Object(
    {
      device: Nullable(Type.String({ description: "null: the fleet" })),
      asOf: Nullable(Time("of the last commit in it; null before the first one")),
      total: Type.Union([RefTo(FleetTotal), RefTo(LedgerTotal)], {
        description: "the fleet's has what belongs to no device, too",
      }),
    },
    { description: "data of the event `ledger`" },
  ),
  "LiveLedger",
);

export const LiveGap = named(
  Type.Object(
    {
      device: Type.String(),
      ...Run,
      first: Type.Integer({ description: "first number" }),
      last: Type.Integer({ description: "last number" }),
      count: Type.Integer({ minimum: 1, description: "last - first + 1" }),
      state: Word(["lost", "filled"], { description: "declared lost, or here in the end" }),
      cause: Word(CAUSES, { description: "why the numbers were absent when their window was over" }),
      openedAt: Time("when the absence was noticed"),
      at: Time("when they were declared lost, or came"),
      arrival: Nullable(
        Type.String({ enum: [...ARRIVAL_BINS, null], description: "how they came; null unless filled" }),
      ),
      requests: Type.Integer({ minimum: 0, description: "how often we asked for them" }),
    },
    { description: "data of the event `gap`" },
  ),
  "LiveGap",
);

export const LiveSkipped = named(
  Type.Object(
    {
      event: Word(LIVE_EVENTS, { description: "of which kind events were left out" }),
      reason: Word(SKIP_REASONS, {
        description:
          "too-old: they cannot be told exactly any more; unknown-id: the id is of another database; too-slow: the client did not read; too-many: more than one commit is told",
      }),
      from: Nullable(Time("left out is what came after it; null: unknown")),
      to: Nullable(Time("and up to it")),
    },
    { description: "data of the event `skipped`" },
  ),
  "LiveSkipped",
);
