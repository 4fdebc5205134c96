import type { ApiContext, App } from "../context.ts";
import { isOfNow, unchangedSinceCommit } from "../plugins/etag.ts";
import { parameterError } from "../problems.ts";
import { deviceOrThrow, unknownChannel } from "../requests/device-page.ts";
import { durationUs, parseTimeRange } from "../requests/query-time.ts";
import {
  DeviceParams,
  ERRORS,
  NO_DEVICE_OR_CHANNEL,
  NOT_MODIFIED,
  RefTo,
  TOO_LARGE,
  textResponse,
  UNAVAILABLE,
} from "../schemas/common.ts";
import { Series, SeriesPoints, SeriesQueryString } from "../schemas/series.ts";
import { Type } from "../schemas/type.ts";
import { enclose, sendBytes } from "../sending/send-bytes.ts";
import type { Division } from "../sources.ts";

const DEFAULT_POINTS = 500;

/** @throws ApiError 400 naming `step` or `points` */
const parseDivision = ({ points, step }: { points?: number; step?: string }): Division => {
  if (step === undefined) return { points: points ?? DEFAULT_POINTS };
  if (points !== undefined) {
    throw parameterError([{ name: "step", detail: "accepted is either `points` or `step`, not both" }]);
  }
  return { stepUs: durationUs(step) };
};

/** @throws ApiError 400 naming `step` or `points` */
const parsePoints = ({ points = DEFAULT_POINTS, step }: { points?: number; step?: string }): number => {
  if (step !== undefined) {
    throw parameterError([{ name: "step", detail: "accepted with `method=lttb` is `points` only" }]);
  }
  if (points >= 2) return points;
  throw parameterError([
    { name: "points", detail: "accepted with `method=lttb` is an integer from 2 to 10000" },
  ]);
};

/** A span with a start only ends now where nothing is stored since; whether that is so is known to the query alone. */
const mayEndNow = (query: { from?: string; to?: string }): boolean =>
  isOfNow(query) || (query.from !== undefined && query.to === undefined);

/** `/devices/{id}/series` */
export const seriesRoutes = (app: App, context: ApiContext): void => {
  app.get(
    "/devices/:id/series",
    {
      schema: {
        operationId: "getSeries",
        summary: "One channel of a device for a chart: buckets with their completeness, or chosen readings",
        tags: ["readings"],
        params: DeviceParams,
        querystring: SeriesQueryString,
        response: {
          200: textResponse("the series", {
            "application/json": Type.Union([RefTo(Series), RefTo(SeriesPoints)]),
          }),
          ...NOT_MODIFIED,
          ...ERRORS,
          ...NO_DEVICE_OR_CHANNEL,
          ...TOO_LARGE,
          ...UNAVAILABLE,
        },
      },
      preHandler: unchangedSinceCommit(context, mayEndNow),
    },
    async ({ params, query, raw }, reply) => {
      const { id } = deviceOrThrow(context, params.id);
      const { channel } = query;
      const { reader } = context.sources;
      const nowUs = context.clock.wallUs();
      const wanted = { device: id, channel, nowUs, ...parseTimeRange(query, nowUs) };
      const series =
        query.method === "lttb"
          ? await reader.pointsText({ ...wanted, points: parsePoints(query) }, query.time, raw.socket)
          : await reader.seriesText({ ...wanted, division: parseDivision(query) }, query.time, raw.socket);
      if (series === null) throw unknownChannel(id, channel);
      reply.type("application/json; charset=utf-8");
      const head = JSON.stringify({ device: id, channel, unit: series.unit });
      return sendBytes(reply, enclose(`${head.slice(0, -1)},`, series.text, "}"));
    },
  );
};
