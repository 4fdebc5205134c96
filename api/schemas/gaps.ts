import { Type } from "typebox";
import { CAUSES } from "../../protocol/ledger-row.ts";
import { GAP_STATES } from "../sources.ts";
import { Cursor, Limit, Next, Nullable, named, Query, RefTo, Time, TimeRangeQuery, Word } from "./common.ts";

export const Gap = named(
  Type.Object(
    {
      device: Type.String(),
      epoch: Nullable(Type.Integer()),
      run: Type.Integer(),
      first: Type.Integer({ description: "first absent number" }),
      last: Type.Integer({ description: "last absent number" }),
      count: Type.Integer({ minimum: 1, description: "last - first + 1" }),
      state: Word(GAP_STATES, {
        description: "open: its window or recovery is running; lost; filled: all of it came in the end",
      }),
      cause: Nullable(Type.String({ enum: [...CAUSES, null] })),
      openedAt: Time("when the absence was noticed"),
      closedAt: Nullable(Time("when it was declared lost or filled")),
      requests: Type.Integer({ minimum: 0, description: "how often we asked for it" }),
    },
    { description: "consecutive absent numbers" },
  ),
  "Gap",
);

export const GapList = named(Type.Object({ gaps: Type.Array(RefTo(Gap)), next: Next }), "GapList");

export const GapsQueryString = Query({
  state: Type.Optional(Word(GAP_STATES, { description: "only gaps in this state" })),
  cause: Type.Optional(Word(CAUSES, { description: "only gaps with this cause" })),
  ...TimeRangeQuery,
  limit: Limit(1000),
  cursor: Cursor,
});
