import type { Sqlite } from "../file/open.ts";
import { AbsentNumbers } from "../query/absent.ts";
import { type ChannelsRequest, queryChannels } from "../query/channels-query.ts";
import { queryCompleteness } from "../query/completeness-query.ts";
import { queryEvents } from "../query/events-query.ts";
import { type GapRecord, type GapRequest, queryGaps } from "../query/gaps-query.ts";
import { Pieces } from "../query/pieces.ts";
import { QueryBudget, type QueryLimits } from "../query/query-budget.ts";
import type {
  Completeness,
  DamagedPart,
  EventsPage,
  EventsQuery,
  Position,
  ReceivedFound,
  ReceivedQuery,
  Text,
} from "../query/query-types.ts";
import { queryRaster, type RasterFound, type RasterRequest } from "../query/raster-query.ts";
import { queryReadings, type ReadingsFound } from "../query/readings-query.ts";
import type { PackedReadings } from "../query/readings-request.ts";
import { queryReceived } from "../query/received-query.ts";
import { RunSegments } from "../query/run-segments.ts";
import { FilledNumbers } from "../series/arrivals.ts";
import { type PointsRequest, queryPoints } from "../series/points-query.ts";
import {
  type GapNumbers,
  type PackedSeries,
  querySeries,
  type SeriesRequest,
  unpackSeries,
} from "../series/series-query.ts";
import { unpackRuns } from "../view/packed-runs.ts";
import type { AnswerTexts, TextForm, TimeForm } from "./answer-texts.ts";

/** A query as it travels to the reader's thread, names resolved to numbers. Kinds that end in `Text` are answered as text, made there. */
export type QueryRequest =
  | { kind: "readings"; request: PackedReadings; wantsCompleteness: boolean }
  | { kind: "readingsText"; request: PackedReadings; wantsCompleteness: boolean; form: TextForm }
  | { kind: "seriesText"; request: PackedSeries & Pick<SeriesRequest, "division">; time: TimeForm }
  | { kind: "pointsText"; request: PackedSeries & Pick<PointsRequest, "most">; time: TimeForm }
  | { kind: "channels"; request: ChannelsRequest }
  | { kind: "gaps"; request: GapRequest }
  | { kind: "raster"; request: RasterRequest }
  | { kind: "received"; request: ReceivedQuery }
  | { kind: "events"; request: EventsQuery };

interface OfReadings {
  completeness: Omit<Completeness, "unknown"> | null;
  damaged?: readonly DamagedPart[];
}

export interface QueryAnswers {
  readings: ReadingsFound & OfReadings;
  readingsText: { text: Text; next: Position | null } & OfReadings;
  seriesText: { text: Text };
  pointsText: { text: Text };
  channels: number[];
  gaps: GapRecord[];
  raster: RasterFound[];
  received: ReceivedFound;
  events: EventsPage;
}

/** Answers queries from a connection that only reads, each from one snapshot of the database. */
export class Queries {
  readonly #db: Sqlite;
  readonly #texts: AnswerTexts;
  readonly #budget: QueryBudget;
  readonly #segments: RunSegments;
  readonly #pieces: Pieces;
  readonly #gaps: GapNumbers;
  readonly #inSnapshot: (query: QueryRequest) => QueryAnswers[QueryRequest["kind"]];

  /** @param nowMs - a monotonic clock */
  constructor(db: Sqlite, texts: AnswerTexts, nowMs: () => number) {
    this.#db = db;
    this.#texts = texts;
    this.#budget = new QueryBudget(nowMs);
    this.#segments = new RunSegments(db, this.#budget);
    this.#pieces = new Pieces(this.#segments);
    this.#gaps = {
      absent: new AbsentNumbers(db, this.#budget),
      filled: new FilledNumbers(db, this.#budget),
    };
    this.#inSnapshot = db.transaction((query: QueryRequest) => this.#answer(query));
  }

  /** @throws LacunaError `ERR_QUERY_TIMEOUT`, `ERR_QUERY_TOO_LARGE`, and those of the query */
  answer(query: QueryRequest, limits: QueryLimits): QueryAnswers[QueryRequest["kind"]] {
    this.#budget.begin(limits);
    this.#segments.begin(tellsDamage(query));
    return this.#inSnapshot(query);
  }

  #answer(query: QueryRequest): QueryAnswers[QueryRequest["kind"]] {
    switch (query.kind) {
      case "readings":
        return this.#readings(query);
      case "readingsText": {
        const { readings, ...found } = this.#readings(query);
        return { ...found, text: this.#texts.readings(readings, query.form) };
      }
      case "seriesText":
        return { text: this.#seriesText(query) };
      case "pointsText":
        return { text: this.#pointsText(query) };
      case "channels":
        return queryChannels(this.#pieces, query.request);
      case "gaps":
        return queryGaps(this.#db, query.request);
      case "raster":
        return queryRaster(this.#db, query.request, this.#budget);
      case "received":
        return queryReceived(this.#db, query.request, this.#budget);
      case "events":
        return queryEvents(this.#db, query.request);
    }
  }

  #seriesText({ request: packed, time }: Extract<QueryRequest, { kind: "seriesText" }>): Text {
    const request = unpackSeries(packed);
    return this.#texts.series(querySeries(this.#pieces, this.#gaps, request), request.runs, time);
  }

  #pointsText({ request: packed, time }: Extract<QueryRequest, { kind: "pointsText" }>): Text {
    const request = unpackSeries(packed);
    return this.#texts.points(queryPoints(this.#pieces, this.#gaps, request), request.runs, time);
  }

  #readings({
    request: packed,
    wantsCompleteness,
  }: Pick<
    Extract<QueryRequest, { kind: "readings" }>,
    "request" | "wantsCompleteness"
  >): QueryAnswers["readings"] {
    const request = { ...packed, runs: unpackRuns(packed.runs) };
    const numbered = request.runs.filter((run) => !run.isUnsequenced);
    const completeness = wantsCompleteness
      ? queryCompleteness(this.#pieces, this.#gaps.absent, numbered, request)
      : null;
    const found = queryReadings(this.#segments, request);
    const damaged = this.#segments.damaged.map(({ run, ...part }) => {
      const { epoch, index, isUnsequenced } = request.runs.find((each) => each.run === run)!;
      return { epoch, run: index, ...part, ...(isUnsequenced && { first: null, last: null }) };
    });
    return { ...found, completeness, ...(damaged.length > 0 && { damaged }) };
  }
}

const tellsDamage = (query: QueryRequest): boolean => {
  if (query.kind === "channels") return true;
  return (query.kind === "readings" || query.kind === "readingsText") && query.request.damage === "tell";
};
