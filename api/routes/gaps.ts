import type { IncomingMessage } from "node:http";
import type { Static } from "typebox";
import type { ApiContext, App } from "../context.ts";
import { decodeCursor, nextCursor } from "../cursor.ts";
import { deviceOrThrow } from "../device-page.ts";
import { gapJson } from "../gap-json.ts";
import { isGone } from "../is-gone.ts";
import { unchangedSinceCommit } from "../plugins/etag.ts";
import { parseTimeRange } from "../query-time.ts";
import { DeviceParams, ERRORS, NO_DEVICE, RefTo, UNAVAILABLE } from "../schemas/common.ts";
import { DeviceGapsQueryString, GapList, GapsQueryString } from "../schemas/gaps.ts";

/** `/gaps` and `/devices/{id}/gaps` */
export const gapRoutes = (app: App, context: ApiContext): void => {
  const list = async (
    device: string | null,
    query: Static<typeof DeviceGapsQueryString>,
    raw: IncomingMessage,
  ) => {
    const scope = `gaps ${query.order} ${device ?? ""}`;
    const { gaps, next } = await context.sources.reader.gaps(
      {
        device,
        state: query.state ?? null,
        cause: query.cause ?? null,
        ...parseTimeRange(query, context.clock.wallUs()),
        order: query.order,
        limit: query.limit,
        after: decodeCursor(scope, query.cursor),
      },
      () => isGone(raw),
    );
    return { gaps: gaps.map(gapJson), next: nextCursor(scope, next) };
  };

  app.get(
    "/gaps",
    {
      schema: {
        operationId: "listGaps",
        summary: "Gaps of every device",
        tags: ["ledger"],
        querystring: GapsQueryString,
        response: { 200: RefTo(GapList), ...ERRORS, ...UNAVAILABLE },
      },
      preHandler: unchangedSinceCommit(context),
    },
    ({ query, raw }) => list(query.device ?? null, query, raw),
  );

  app.get(
    "/devices/:id/gaps",
    {
      schema: {
        operationId: "listDeviceGaps",
        summary: "Gaps of one device",
        tags: ["ledger"],
        params: DeviceParams,
        querystring: DeviceGapsQueryString,
        response: { 200: RefTo(GapList), ...ERRORS, ...NO_DEVICE, ...UNAVAILABLE },
      },
      preHandler: unchangedSinceCommit(context),
    },
    ({ params, query, raw }) => list(deviceOrThrow(context, params.id).id, query, raw),
  );
};
