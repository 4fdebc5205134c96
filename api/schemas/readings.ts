import { Type } from "typebox";
import {
  AnyTime,
  ChannelFilter,
  Count,
  Cursor,
  Defaulted,
  Next,
  Nullable,
  named,
  OptionalLimit,
  Query,
  RefTo,
  TimeFormQuery,
  TimeRangeQuery,
  Word,
} from "./common.ts";
import { Values } from "./devices.ts";
import { Completeness } from "./ledger.ts";

export const Reading = named(
  Type.Object({
    time: AnyTime("of the reading"),
    epoch: Nullable(Type.Integer()),
    run: Type.Integer(),
    seq: Nullable(Type.Integer({ description: "number of its datagram; null when it had none" })),
    values: Values,
  }),
  "Reading",
);

export const ReadingList = named(
  Type.Object({
    device: Type.String(),
    readings: Type.Array(RefTo(Reading)),
    completeness: Type.Object(
      {
        expected: Count("numbers in the span of time"),
        received: Count("of these, here"),
        missing: Count("not here, gap open"),
        lost: Count("not here, window closed"),
        unknown: Count("open ends in the span"),
        ratio: Completeness,
      },
      {
        description:
          "of the whole query, not of the page; an absent number is placed in time between its neighbours",
      },
    ),
    next: Next,
  }),
  "ReadingList",
);

export const ReadingsQueryString = Query({
  channel: ChannelFilter,
  ...TimeRangeQuery,
  order: Defaulted(Word(["asc", "desc"], { description: "oldest or newest first" }), "asc"),
  limit: OptionalLimit(
    10_000,
    "most readings in the answer; without it json has 100, csv and ndjson all there are, as a stream",
  ),
  cursor: Cursor,
  format: Defaulted(
    Word(["json", "csv", "ndjson"], {
      description:
        "csv: a header, then one line per reading; ndjson: a JSON object per line; with `limit` the next page is in the Link header",
    }),
    "json",
  ),
  time: TimeFormQuery,
  min_completeness: Type.Optional(
    Type.Number({
      minimum: 0,
      maximum: 1,
      description: "from 0 to 1: below it, or when it cannot be told, the answer is 409",
    }),
  ),
});
