import { Type } from "typebox";
import { LIVE_EVENTS } from "../live/client.ts";
import { ChannelFilter, Query, Word } from "./common.ts";

export const LiveQueryString = Query({
  device: Type.Optional(
    Type.Array(
      Type.String({ minLength: 1, maxLength: 64, description: "a device id of 1 to 64 characters" }),
      { maxItems: 64, description: "device id; repeatable; all devices when left out" },
    ),
  ),
  channel: ChannelFilter,
  event: Type.Optional(
    Type.Array(Word(LIVE_EVENTS, { description: "what to tell" }), {
      maxItems: LIVE_EVENTS.length,
      description: "kind of event; repeatable; all kinds when left out; `reading` brings `late` too",
    }),
  ),
});

export const LiveHeaders = Type.Object({
  "last-event-id": Type.Optional(
    Type.String({ description: "the last `id` seen: what came after it is told first; empty = none" }),
  ),
});
