import { Type } from "typebox";
import type { ApiContext, App } from "../context.ts";
import { decodeCursor, nextCursor } from "../cursor.ts";
import { deviceOrThrow } from "../device-page.ts";
import { isGone } from "../is-gone.ts";
import { parseTimeRange } from "../query-time.ts";
import { completenessHeader, readingsJson } from "../readings-text.ts";
import {
  DeviceParams,
  ERRORS,
  NO_DEVICE,
  RefTo,
  TOO_LARGE,
  textResponse,
  UNAVAILABLE,
} from "../schemas/common.ts";
import { ReadingList, ReadingsQueryString } from "../schemas/readings.ts";

/** The same request with another cursor. */
const urlWithCursor = (url: string, cursor: string): string => {
  // the first "?" ends the path; in the query it is a character like others
  const end = url.indexOf("?");
  const parameters = new URLSearchParams(url.slice(end));
  parameters.set("cursor", cursor);
  return `${url.slice(0, end)}?${parameters}`;
};

/** `/devices/{id}/readings`, as JSON or CSV. */
export const readingRoutes = (app: App, context: ApiContext): void => {
  app.get(
    "/devices/:id/readings",
    {
      schema: {
        operationId: "listReadings",
        summary: "Readings of one device, with their completeness",
        tags: ["readings"],
        params: DeviceParams,
        querystring: ReadingsQueryString,
        response: {
          200: textResponse("readings", {
            "application/json": RefTo(ReadingList),
            "text/csv": Type.String(),
          }),
          ...ERRORS,
          ...NO_DEVICE,
          ...TOO_LARGE,
          ...UNAVAILABLE,
        },
      },
    },
    async ({ params, query, url, raw }, reply) => {
      const device = deviceOrThrow(context, params.id);
      const scope = `readings-${query.order} ${device.id}`;
      const columns = query.channel ?? device.channels.map(({ name }) => name);
      const page = await context.sources.reader.readingsText(
        {
          device: device.id,
          channels: query.channel ?? [],
          ...parseTimeRange(query),
          order: query.order,
          limit: query.limit,
          after: decodeCursor(scope, query.cursor),
        },
        query.format === "json" ? { format: "json" } : { format: "csv", columns },
        () => isGone(raw),
      );
      const next = nextCursor(scope, page.next);
      if (query.format === "json") {
        reply.type("application/json; charset=utf-8");
        return reply.send(readingsJson(device.id, page, next));
      }
      reply.type("text/csv; charset=utf-8; header=present");
      reply.header("lacuna-completeness", completenessHeader(page.completeness));
      if (next !== null) reply.header("link", `<${urlWithCursor(url, next)}>; rel="next"`);
      return reply.send(page.text);
    },
  );
};
