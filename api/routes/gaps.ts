import type { Static } from "typebox";
import { formatTime } from "../../protocol/time.ts";
import type { ApiContext, App } from "../context.ts";
import { decodeCursor, nextCursor } from "../cursor.ts";
import { deviceOrThrow } from "../device-page.ts";
import { parseTimeRange } from "../query-time.ts";
import { DeviceParams, ERRORS, NO_DEVICE, RefTo, UNAVAILABLE } from "../schemas/common.ts";
import { type Gap, GapList, GapsQueryString } from "../schemas/gaps.ts";
import type { GapRow } from "../sources.ts";

const gapJson = ({ openedAtUs, closedAtUs, ...gap }: GapRow): Static<typeof Gap> => ({
  ...gap,
  count: gap.last - gap.first + 1,
  openedAt: formatTime(openedAtUs),
  closedAt: closedAtUs === null ? null : formatTime(closedAtUs),
});

/** `/gaps` and `/devices/{id}/gaps` */
export const gapRoutes = (app: App, context: ApiContext): void => {
  const list = async (device: string | null, query: Static<typeof GapsQueryString>) => {
    const scope = device === null ? "gaps" : `gaps ${device}`;
    const { gaps, next } = await context.sources.reader.gaps({
      device,
      state: query.state ?? null,
      cause: query.cause ?? null,
      ...parseTimeRange(query),
      limit: query.limit,
      after: decodeCursor(scope, query.cursor),
    });
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
    },
    ({ query }) => list(null, query),
  );

  app.get(
    "/devices/:id/gaps",
    {
      schema: {
        operationId: "listDeviceGaps",
        summary: "Gaps of one device",
        tags: ["ledger"],
        params: DeviceParams,
        querystring: GapsQueryString,
        response: { 200: RefTo(GapList), ...ERRORS, ...NO_DEVICE, ...UNAVAILABLE },
      },
    },
    ({ params, query }) => list(deviceOrThrow(context, params.id).id, query),
  );
};
