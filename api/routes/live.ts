import { Readable } from "node:stream";
import type { App } from "../context.ts";
import { LIVE_EVENTS } from "../live/client.ts";
import type { LiveHub } from "../live/hub.ts";
import { ERRORS, textResponse, UNAVAILABLE } from "../schemas/common.ts";
import { LiveHeaders, LiveQueryString } from "../schemas/live.ts";
import { Type } from "../schemas/type.ts";

const HEAD = {
  "content-type": "text/event-stream; charset=utf-8",
  "cache-control": "no-cache, no-transform",
  // nginx would keep events until a buffer is full
  "x-accel-buffering": "no",
};

/** `/live`: Server-Sent Events. */
export const liveRoutes = (app: App, hub: LiveHub): void => {
  app.get(
    "/live",
    {
      schema: {
        operationId: "getLive",
        summary: "Readings, ledgers and gaps as they are committed",
        tags: ["readings"],
        querystring: LiveQueryString,
        headers: LiveHeaders,
        response: {
          200: textResponse("Server-Sent Events", { "text/event-stream": Type.String() }),
          ...ERRORS,
          ...UNAVAILABLE,
        },
      },
    },
    async ({ query, headers, method }, reply) => {
      hub.assertRoom();
      // of an empty stream HEAD is told no length: the feed has none
      if (method === "HEAD") return reply.headers(HEAD).send(Readable.from([]));
      const { raw } = reply;
      reply.hijack();
      // the headers of the plugins, which only a reply that is sent would bring
      raw.writeHead(200, { ...reply.getHeaders(), ...HEAD } as Record<string, string>);
      raw.socket?.setNoDelay(true);
      const wish = {
        devices: [...new Set(query.device)].sort(),
        channels: [...new Set(query.channel)].sort(),
        events: new Set(query.event ?? LIVE_EVENTS),
      };
      hub.add(raw, wish, headers["last-event-id"] || null);
    },
  );
};
