import { formatTime } from "../../protocol/time.ts";
import type { ApiContext, App } from "../context.ts";
import { unchangedSinceCommit } from "../plugins/etag.ts";
import { decodeCursor, nextCursor } from "../requests/cursor.ts";
import { deviceOrThrow } from "../requests/device-page.ts";
import { DeviceParams, ERRORS, NO_DEVICE, NOT_MODIFIED, RefTo, UNAVAILABLE } from "../schemas/common.ts";
import { Received, ReceivedQueryString } from "../schemas/received.ts";

/** `/devices/{id}/received`: what is stored about arrival, so that several collectors' answers can be merged. */
export const receivedRoutes = (app: App, context: ApiContext): void => {
  app.get(
    "/devices/:id/received",
    {
      schema: {
        operationId: "getReceived",
        summary: "Which numbers of a device are here, by epoch",
        tags: ["ledger"],
        params: DeviceParams,
        querystring: ReceivedQueryString,
        response: { 200: RefTo(Received), ...NOT_MODIFIED, ...ERRORS, ...NO_DEVICE, ...UNAVAILABLE },
      },
      preHandler: unchangedSinceCommit(context),
    },
    async ({ params, query, raw }) => {
      const { id } = deviceOrThrow(context, params.id);
      const scope = `received ${query.epoch ?? ""} ${id}`;
      const after = decodeCursor(scope, query.cursor);
      const { epochs, hasMore, asOfUs } = await context.sources.reader.received(
        {
          device: id,
          epoch: query.epoch ?? null,
          limit: query.limit,
          after: after === null ? null : Number(after[0]),
        },
        raw.socket,
      );
      return {
        device: id,
        asOf: formatTime(asOfUs),
        epochs: [...epochs],
        next: nextCursor(scope, hasMore ? [epochs.at(-1)!.epoch] : null),
      };
    },
  );
};
