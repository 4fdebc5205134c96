import type { Static } from "typebox";
import { LacunaError } from "../../common/errors.ts";
import { DamageTold } from "../answers/damage-told.ts";
import {
  completenessHeader,
  damagedLines,
  isCounted,
  ratioOf,
  readingsJson,
  withDamagedLines,
} from "../answers/readings-text.ts";
import type { ApiContext, App } from "../context.ts";
import { unchangedSinceCommit } from "../plugins/etag.ts";
import { ApiError } from "../problems.ts";
import { decodeCursor, nextCursor } from "../requests/cursor.ts";
import { deviceOrThrow, unknownChannel } from "../requests/device-page.ts";
import { CONTENT_TYPES, urlWithCursor } from "../requests/list-formats.ts";
import { parseTimeRange } from "../requests/query-time.ts";
import {
  DeviceParams,
  ERRORS,
  INCOMPLETE,
  NO_DEVICE_OR_CHANNEL,
  NOT_MODIFIED,
  RefTo,
  TOO_LARGE,
  textResponse,
  UNAVAILABLE,
} from "../schemas/common.ts";
import { ReadingList, ReadingsQueryString } from "../schemas/readings.ts";
import { Type } from "../schemas/type.ts";
import { sendBytes } from "../sending/send-bytes.ts";
import { sendStream } from "../sending/send-stream.ts";
import type { Position, ReadingsText, TextForm } from "../sources.ts";

const DEFAULT_LIMIT = 100;
/** readings of a stream that are in memory at once */
const STREAM_PAGE = 10_000;
/** cells of a page of CSV: an absent value takes its comma, which the reader's bound on text knows nothing of */
const MOST_CELLS = 16 * 2 ** 20;
const DAMAGED = "what is damaged in the database was left out of a stream of readings";

type ReadingsQueryValues = Static<typeof ReadingsQueryString>;

/** @param channelNames - of the device: the header has them all before the first reading is looked for */
const formOf = async (
  { format, time, channel }: ReadingsQueryValues,
  channelNames: () => Promise<readonly string[]>,
): Promise<TextForm> =>
  format === "csv"
    ? { format, time, columns: channel ?? (await channelNames()), isContinued: false }
    : { format, time };

const rowsWithin = (limit: number, form: TextForm): number =>
  form.format === "csv"
    ? Math.min(limit, Math.max(1, Math.floor(MOST_CELLS / Math.max(1, form.columns.length))))
    : limit;

/** @throws ApiError 409 */
const checkCompleteness = (
  page: Pick<ReadingsText, "completeness" | "damaged">,
  least: number | undefined,
): void => {
  if (least === undefined) return;
  const ratio = ratioOf(page);
  if (ratio !== null && ratio >= least) return;
  const detail =
    ratio === null
      ? `the completeness cannot be told: ${isCounted(page) ? "nothing was expected, or nothing is numbered" : "the database is damaged"}`
      : `the completeness is ${ratio}, below ${least}`;
  throw new ApiError("ERR_INCOMPLETE", detail, { completeness: ratio });
};

const tellsInLines = ({ format, damaged }: ReadingsQueryValues): boolean =>
  format === "ndjson" && damaged === "tell";

/** `/devices/{id}/readings`, as JSON, CSV or NDJSON. */
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
            "application/x-ndjson": Type.String(),
          }),
          ...NOT_MODIFIED,
          ...ERRORS,
          ...NO_DEVICE_OR_CHANNEL,
          ...INCOMPLETE,
          ...TOO_LARGE,
          ...UNAVAILABLE,
        },
      },
      preHandler: unchangedSinceCommit(context),
    },
    async ({ params, query, url, raw, log }, reply) => {
      const device = deviceOrThrow(context, params.id);
      const unknown = query.channel?.find((name) => !device.hasChannel(name));
      if (unknown !== undefined) throw unknownChannel(device.id, unknown);
      const scope = `readings-${query.order} ${device.id}`;
      const isStream = query.limit === undefined && query.format !== "json";
      const span = parseTimeRange(query, context.clock.wallUs());
      const { reader } = context.sources;
      const form = await formOf(query, () => reader.channelNames(device.id, raw.socket));
      const limit = rowsWithin(isStream ? STREAM_PAGE : (query.limit ?? DEFAULT_LIMIT), form);
      const ask = (after: Position | null, how: TextForm): Promise<ReadingsText> =>
        reader.readingsText(
          {
            device: device.id,
            channels: query.channel ?? [],
            ...span,
            order: query.order,
            damage: "tell",
            limit,
            after,
          },
          how,
          raw.socket,
        );
      const page = await ask(decodeCursor(scope, query.cursor), form);
      checkCompleteness(page, query.min_completeness);
      const next = nextCursor(scope, page.next);
      reply.type(CONTENT_TYPES[query.format]);
      if (query.format === "json") return sendBytes(reply, readingsJson(device.id, page, next));
      reply.header("lacuna-completeness", completenessHeader(page));
      if (isStream)
        return sendStream(
          reply,
          textsFrom(page, form, ask, tellsInLines(query), (told) =>
            log.error({ device: device.id, damaged: told }, DAMAGED),
          ),
        );
      if (next !== null) reply.header("link", `<${urlWithCursor(url, next)}>; rel="next"`);
      return sendBytes(reply, tellsInLines(query) ? withDamagedLines(page) : page.text);
    },
  );
};

/**
 * Page after page, each when the client has taken the one before. What fails on the way cuts the connection: the answer has no end then. Of what is damaged it
 * has none either, once all the rest is out, unless the client wants to be told in lines.
 */
async function* textsFrom(
  first: ReadingsText,
  form: TextForm,
  ask: (after: Position | null, how: TextForm) => Promise<ReadingsText>,
  isInLines: boolean,
  warn: (told: string) => void,
): AsyncGenerator<Uint8Array> {
  const how = form.format === "csv" ? { ...form, isContinued: true } : form;
  const told = new DamageTold();
  let page = first;
  for (;;) {
    if (page.text.length > 0) yield page.text;
    const lines = damagedLines(told.news(page.damaged));
    if (isInLines && lines !== "") yield Buffer.from(lines);
    if (page.next === null) break;
    page = await ask(page.next, how);
  }
  if (told.count === 0) return;
  warn(`${told}`);
  if (!isInLines) throw new LacunaError("ERR_DATABASE_DAMAGED", DAMAGED);
}
