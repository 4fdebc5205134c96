import { eventJson } from "../answers/event-json.ts";
import type { ApiContext, App } from "../context.ts";
import { decodeCursor, nextCursor } from "../requests/cursor.ts";
import { parseTimeRange } from "../requests/query-time.ts";
import { ERRORS, RefTo, UNAVAILABLE } from "../schemas/common.ts";
import { EventList, EventsQueryString } from "../schemas/fleet.ts";

/** `/events`: restarts, changes of source, starts and stops of the collector. */
export const eventRoutes = (app: App, context: ApiContext): void => {
  app.get(
    "/events",
    {
      schema: {
        operationId: "listEvents",
        summary: "What happened, in the order in which it was committed",
        tags: ["process"],
        querystring: EventsQueryString,
        response: { 200: RefTo(EventList), ...ERRORS, ...UNAVAILABLE },
      },
    },
    async ({ query, raw }) => {
      const scope = `events-${query.order}`;
      const { events, next } = await context.sources.reader.events(
        {
          device: query.device ?? null,
          kind: query.kind ?? null,
          ...parseTimeRange(query, context.clock.wallUs()),
          order: query.order,
          limit: query.limit,
          after: decodeCursor(scope, query.cursor),
        },
        raw.socket,
      );
      return {
        events: events.map(eventJson),
        next: nextCursor(scope, next),
      };
    },
  );
};
