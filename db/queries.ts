import { queryCompleteness } from "./completeness-query.ts";
import { queryEvents } from "./events-query.ts";
import { type GapRecord, type GapRequest, queryGaps } from "./gaps-query.ts";
import type { Sqlite } from "./open.ts";
import type { Completeness, EventsPage, EventsQuery } from "./query-types.ts";
import { queryReadings, type ReadingsFound, type ReadingsRequest } from "./readings-query.ts";
import { RunSegments } from "./run-segments.ts";

/** A query as it travels to the reader's thread, names resolved to numbers. */
export type QueryRequest =
  | { kind: "readings"; request: ReadingsRequest; wantsCompleteness: boolean }
  | { kind: "gaps"; request: GapRequest }
  | { kind: "events"; request: EventsQuery };

export interface QueryAnswers {
  readings: ReadingsFound & { completeness: Completeness | null };
  gaps: GapRecord[];
  events: EventsPage;
}

/** Answers queries from a connection that only reads, each from one snapshot of the database. */
export class Queries {
  readonly #db: Sqlite;
  readonly #segments: RunSegments;

  constructor(db: Sqlite) {
    this.#db = db;
    this.#segments = new RunSegments(db);
  }

  answer(query: QueryRequest): QueryAnswers[QueryRequest["kind"]] {
    return this.#db.transaction(() => this.#answer(query))();
  }

  #answer(query: QueryRequest): QueryAnswers[QueryRequest["kind"]] {
    switch (query.kind) {
      case "readings":
        return this.#readings(query.request, query.wantsCompleteness);
      case "gaps":
        return queryGaps(this.#db, query.request);
      case "events":
        return queryEvents(this.#db, query.request);
    }
  }

  #readings(request: ReadingsRequest, wantsCompleteness: boolean): QueryAnswers["readings"] {
    const numbered = request.runs.filter((run) => !run.isUnsequenced);
    const completeness = wantsCompleteness
      ? queryCompleteness(this.#db, this.#segments, numbered, request)
      : null;
    return { ...queryReadings(this.#segments, request), completeness };
  }
}
