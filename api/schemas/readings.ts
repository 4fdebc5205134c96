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
import { Type } from "./type.ts";

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
        damaged: Type.Optional(
          Count(
            "here, and could not be read, as far as this answer met them; not in received. Left out when there are none",
          ),
        ),
        ratio: Nullable(
          Type.Number({
            minimum: 0,
            maximum: 1,
            description:
              "received / expected; null where nothing was expected, nothing is numbered, or something is damaged of which no count is known",
          }),
        ),
      },
      {
        description:
          "of the whole query, not of the page; an absent number is placed in time between its neighbours",
      },
    ),
    damaged: Type.Optional(
      Type.Array(
        Type.Object({
          epoch: Nullable(Type.Integer()),
          run: Type.Integer(),
          segment: Type.Integer({ description: "of the database" }),
          first: Nullable(
            Type.Integer({ description: "they lie from this number on; null when that is not known" }),
          ),
          last: Nullable(Type.Integer({ description: "to this one" })),
          count: Nullable(
            Type.Integer({
              description:
                "numbers; null when it is not known whether there are any, or how many of them lie in the span",
            }),
          ),
        }),
        {
          description:
            "what is damaged in the database and left out of this page; pages may tell of the same. Left out when there is nothing",
        },
      ),
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
  damaged: Defaulted(
    Word(["cut", "tell"], {
      description:
        "how a stream tells that something in the database is damaged and was left out: cut off once all the rest is out, or, of ndjson, a page too, with lines that have the one member `damaged`",
    }),
    "cut",
  ),
  min_completeness: Type.Optional(
    Type.Number({
      minimum: 0,
      maximum: 1,
      description: "from 0 to 1: below it, or when it cannot be told, the answer is 409",
    }),
  ),
});
