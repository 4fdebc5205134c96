import type { IncomingMessage } from "node:http";
import type { FastifyReply } from "fastify";
import type { Static } from "typebox";
import { gapJson } from "../answers/gap-json.ts";
import { GAPS_CSV_HEADER, gapsCsv } from "../answers/gaps-csv.ts";
import type { ApiContext, App } from "../context.ts";
import { unchangedSinceCommit } from "../plugins/etag.ts";
import { decodeCursor, nextCursor } from "../requests/cursor.ts";
import { deviceOrThrow } from "../requests/device-page.ts";
import { CONTENT_TYPES, urlWithCursor } from "../requests/list-formats.ts";
import { parseTimeRange } from "../requests/query-time.ts";
import {
  DeviceParams,
  ERRORS,
  NO_DEVICE,
  NOT_MODIFIED,
  RefTo,
  textResponse,
  UNAVAILABLE,
} from "../schemas/common.ts";
import { DeviceGapsQueryString, GapList, GapsQueryString } from "../schemas/gaps.ts";
import { Type } from "../schemas/type.ts";
import { sendStream } from "../sending/send-stream.ts";
import type { GapsPage, Position } from "../sources.ts";

const DEFAULT_LIMIT = 100;
/** gaps of a stream that are in memory at once */
const STREAM_PAGE = 1000;

const BY_ARRIVAL = "of a span of time by the collector's clock, where `/series` goes by send time";
const GAPS = textResponse("gaps", { "application/json": RefTo(GapList), "text/csv": Type.String() });

interface Request {
  query: Static<typeof DeviceGapsQueryString>;
  url: string;
  raw: IncomingMessage;
}

/** `/gaps` and `/devices/{id}/gaps`, as JSON or CSV */
export const gapRoutes = (app: App, context: ApiContext): void => {
  const answer = async (device: string | null, { query, url, raw }: Request, reply: FastifyReply) => {
    const scope = `gaps ${query.order} ${device ?? ""}`;
    const isStream = query.limit === undefined && query.format === "csv";
    const span = parseTimeRange(query, context.clock.wallUs());
    const ask = (after: Position | null): Promise<GapsPage> =>
      context.sources.reader.gaps(
        {
          device,
          state: query.state ?? null,
          cause: query.cause ?? null,
          ...span,
          order: query.order,
          limit: isStream ? STREAM_PAGE : (query.limit ?? DEFAULT_LIMIT),
          after,
        },
        raw.socket,
      );
    const page = await ask(decodeCursor(scope, query.cursor));
    const next = nextCursor(scope, page.next);
    reply.type(CONTENT_TYPES[query.format]);
    if (query.format === "json") return reply.send({ gaps: page.gaps.map(gapJson), next });
    if (isStream) return sendStream(reply, linesFrom(page, ask));
    if (next !== null) reply.header("link", `<${urlWithCursor(url, next)}>; rel="next"`);
    return reply.send(GAPS_CSV_HEADER + gapsCsv(page.gaps));
  };

  app.get(
    "/gaps",
    {
      schema: {
        operationId: "listGaps",
        summary: `Gaps of every device; ${BY_ARRIVAL}`,
        tags: ["ledger"],
        querystring: GapsQueryString,
        response: { 200: GAPS, ...NOT_MODIFIED, ...ERRORS, ...UNAVAILABLE },
      },
      preHandler: unchangedSinceCommit(context),
    },
    (request, reply) => answer(request.query.device ?? null, request, reply),
  );

  app.get(
    "/devices/:id/gaps",
    {
      schema: {
        operationId: "listDeviceGaps",
        summary: `Gaps of one device; ${BY_ARRIVAL}`,
        tags: ["ledger"],
        params: DeviceParams,
        querystring: DeviceGapsQueryString,
        response: { 200: GAPS, ...NOT_MODIFIED, ...ERRORS, ...NO_DEVICE, ...UNAVAILABLE },
      },
      preHandler: unchangedSinceCommit(context),
    },
    (request, reply) => answer(deviceOrThrow(context, request.params.id).id, request, reply),
  );
};

/** Page after page, each when the client has taken the one before. What fails on the way cuts the connection: the answer has no end then. */
async function* linesFrom(
  first: GapsPage,
  ask: (after: Position | null) => Promise<GapsPage>,
): AsyncGenerator<string> {
  yield GAPS_CSV_HEADER;
  let page = first;
  for (;;) {
    if (page.gaps.length > 0) yield gapsCsv(page.gaps);
    if (page.next === null) return;
    page = await ask(page.next);
  }
}
