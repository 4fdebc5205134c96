import { Type } from "typebox";
import {
  ChannelFilter,
  Count,
  Cursor,
  Defaulted,
  Limit,
  Next,
  Nullable,
  named,
  Query,
  RefTo,
  Time,
  TimeRangeQuery,
  Word,
} from "./common.ts";
import { Values } from "./devices.ts";
import { Completeness } from "./ledger.ts";

export const Reading = named(
  Type.Object({
    time: Time("of the reading"),
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
  limit: Limit(10_000),
  cursor: Cursor,
  format: Defaulted(
    Word(["json", "csv"], {
      description: "csv: a header, then one line per reading; the next page is in the Link header",
    }),
    "json",
  ),
});
