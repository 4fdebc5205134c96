import { LiveGap, LiveLedger, LiveReading, LiveSkipped } from "../schemas/live.ts";

const EVENTS = {
  reading: LiveReading,
  late: LiveReading,
  ledger: LiveLedger,
  gap: LiveGap,
  skipped: LiveSkipped,
} as const;

const itemOf = ([event, { $id }]: [string, { $id: string }]) => ({
  properties: {
    event: { const: event },
    data: {
      type: "string",
      contentMediaType: "application/json",
      contentSchema: { $ref: `#/components/schemas/${$id}` },
    },
  },
});

/** One event of the stream, as OpenAPI 3.2 describes it with `itemSchema`; 3.1 has no word for it. */
const ITEM = {
  description: "one event; `id`, which only `reading` and `late` have, is the place to resume from",
  type: "object",
  required: ["event", "data"],
  properties: {
    id: { type: "string", examples: ["812.k3f9-0-5-3"] },
    event: { type: "string", enum: Object.keys(EVENTS) },
    data: { type: "string" },
  },
  oneOf: Object.entries(EVENTS).map(itemOf),
};

/** Says in the document what the events of `/live` carry. */
export const addLiveEvents = (document: { paths?: object }): void => {
  const { paths = {} } = document as { paths?: Record<string, { get: { responses: Answers } }> };
  const answer = paths["/api/v1/live"]?.get.responses["200"]?.content["text/event-stream"];
  if (answer !== undefined) answer["x-itemSchema"] = ITEM;
};

type Answers = Record<string, { content: Record<string, Record<string, unknown>> }>;
