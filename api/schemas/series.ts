import { CAUSES } from "../../protocol/ledger-row.ts";
import { QUERY_STEP } from "../requests/query-time.ts";
import {
  AnyTime,
  AnyTimeOrNull,
  Count,
  Defaulted,
  Nullable,
  named,
  Query,
  TimeFormQuery,
  TimeRangeQuery,
  Word,
} from "./common.ts";
import { Type } from "./type.ts";

const Statistic = (description: string) =>
  Nullable(Type.Number({ description: `${description}; null when the bucket has no finite value` }));
const Numbers = (description: string) =>
  Nullable(
    Type.Integer({ minimum: 0, description: `${description}; null when the device sends no numbers` }),
  );

const Bucket = Type.Object({
  start: AnyTime("inclusive; the bucket ends where the next one starts, the last one at `to`"),
  count: Count("readings of the channel"),
  received: Numbers("numbers of the device that are here"),
  recovered: Numbers("of these, numbers that came after their window because we asked for them"),
  late: Numbers("of these, numbers that came by themselves after they were declared lost"),
  expected: Numbers("received, and absent ones placed in the bucket"),
  mean: Statistic("of the finite values"),
  min: Statistic("of the finite values"),
  max: Statistic("of the finite values"),
  last: Statistic("finite value with the greatest time"),
  nonFinite: Count("of `count`: NaN and infinities, which the statistics leave out"),
});

const SeriesGap = Type.Object({
  epoch: Nullable(Type.Integer()),
  run: Type.Integer(),
  first: Type.Integer({ description: "first absent number" }),
  last: Type.Integer({ description: "last absent number" }),
  count: Type.Integer({ minimum: 1, description: "last - first + 1" }),
  state: Word(["open", "lost"], { description: "open: its window or recovery is running" }),
  cause: Nullable(Type.String({ enum: [...CAUSES, null] })),
  from: AnyTime("of the number before the gap: nothing is known from here"),
  to: AnyTime("of the number after it: until here"),
  openedAt: AnyTime("when the absence was noticed"),
  closedAt: AnyTimeOrNull("when it was declared lost"),
  requests: Type.Integer({ minimum: 0 }),
});

const SeriesStart = Type.Object({
  at: AnyTime("the earliest of its datagrams and readings"),
  epoch: Nullable(Type.Integer()),
  run: Type.Integer(),
});

const GapsAndStarts = {
  gaps: Type.Array(SeriesGap, {
    description:
      "absent ranges with a number in the span, by send time (`/gaps` goes by when they were noticed instead); of more than 1,000 the longest, of equally long ones some from all over the span",
  }),
  gapsLeftOut: Count("gaps in the span beyond those listed; their numbers are in `expected` all the same"),
  starts: Type.Array(SeriesStart, {
    description:
      "epochs and runs that begin in the span, by time: where the device began anew, or was first heard; of more than 1,000 the newest and some from all over the span",
  }),
  startsLeftOut: Count("starts in the span beyond those listed"),
};

export const Series = named(
  Type.Object(
    {
      device: Type.String(),
      channel: Type.String(),
      unit: Type.String({ description: "empty when it was never said" }),
      from: AnyTimeOrNull("of the first bucket; null when there is no bucket and no `from` was given"),
      to: AnyTimeOrNull(
        "end of the last bucket, exclusive; null when there is no bucket and no time was given",
      ),
      stepSeconds: Type.Number({ description: "length of a bucket; the last one may be shorter" }),
      buckets: Type.Array(Bucket, { description: "all of the span in order, empty ones too" }),
      ...GapsAndStarts,
    },
    {
      examples: [
        {
          device: "pump-7",
          channel: "temperature",
          unit: "Cel",
          from: "2026-11-20T12:00:00.000000Z",
          to: "2026-11-20T12:02:00.000000Z",
          stepSeconds: 60,
          buckets: [
            {
              start: "2026-11-20T12:00:00.000000Z",
              count: 57,
              received: 57,
              recovered: 2,
              late: 0,
              expected: 60,
              mean: 21.4,
              min: 21,
              max: 21.9,
              last: 21.5,
              nonFinite: 0,
            },
            {
              start: "2026-11-20T12:01:00.000000Z",
              count: 0,
              received: 0,
              recovered: 0,
              late: 0,
              expected: 60,
              mean: null,
              min: null,
              max: null,
              last: null,
              nonFinite: 0,
            },
          ],
          gaps: [
            {
              epoch: 3,
              run: 0,
              first: 57,
              last: 119,
              count: 63,
              state: "lost",
              cause: "network",
              from: "2026-11-20T12:00:56.000000Z",
              to: "2026-11-20T12:02:00.000000Z",
              openedAt: "2026-11-20T12:02:00.012345Z",
              closedAt: "2026-11-20T12:02:00.262345Z",
              requests: 0,
            },
          ],
          gapsLeftOut: 0,
          starts: [{ at: "2026-11-20T12:00:00.000000Z", epoch: 3, run: 0 }],
          startsLeftOut: 0,
        },
      ],
    },
  ),
  "Series",
);

/** With `method=lttb`. */
export const SeriesPoints = named(
  Type.Object({
    device: Type.String(),
    channel: Type.String(),
    unit: Type.String({ description: "empty when it was never said" }),
    from: AnyTimeOrNull("inclusive; null when the span is empty and no `from` was given"),
    to: AnyTimeOrNull("exclusive; null when the span is empty and no time was given"),
    count: Count("readings of the channel in the span"),
    received: Numbers("numbers of the device that are here"),
    recovered: Numbers("of these, numbers that came after their window because we asked for them"),
    late: Numbers("of these, numbers that came by themselves after they were declared lost"),
    expected: Numbers("received, and absent ones placed in the span"),
    nonFinite: Count("of `count`: NaN and infinities, which are no points"),
    points: Type.Array(
      Type.Object({
        time: AnyTime("of the reading"),
        value: Nullable(
          Type.Number({ description: "booleans as 0 and 1; null: a number is absent here, draw no line" }),
        ),
      }),
      {
        description:
          "readings in the order of their times, at most `points`, and a null wherever the line is broken",
      },
    ),
    ...GapsAndStarts,
  }),
  "SeriesPoints",
);

export const SeriesQueryString = Query({
  channel: Type.String({
    minLength: 1,
    maxLength: 300,
    description: "one channel name of 1 to 300 characters",
    examples: ["temperature"],
  }),
  ...TimeRangeQuery,
  method: Defaulted(
    Word(["buckets", "lttb"], {
      description:
        "buckets: statistics of equal spans of time; lttb: the readings that keep the chart's shape, by Largest-Triangle-Three-Buckets",
    }),
    "buckets",
  ),
  time: TimeFormQuery,
  points: Type.Optional(
    Type.Integer({
      minimum: 1,
      maximum: 10_000,
      description:
        "into at most that many buckets of equal length, or so many readings with lttb; 500 when neither points nor step is given",
      examples: [500],
    }),
  ),
  step: Type.Optional(
    Type.String({
      maxLength: 40,
      format: QUERY_STEP,
      description:
        "a number with a unit: ms, s, m (minutes), h, d or w, from 1ms to 5200w: the length of a bucket, of which there are at most 10,000",
      examples: ["1m"],
    }),
  ),
});
