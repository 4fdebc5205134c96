import { ARRIVAL_BINS } from "../../protocol/arrival-bin.ts";
import { CAUSES } from "../../protocol/ledger-row.ts";
import { GAP_STATES } from "../sources.ts";
import {
  Cursor,
  Defaulted,
  Next,
  Nullable,
  named,
  OptionalLimit,
  Query,
  RefTo,
  Time,
  timeRangeQuery,
  Word,
} from "./common.ts";
import { Type } from "./type.ts";

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
      cause: Nullable(
        Type.String({
          enum: [...CAUSES, null],
          description: "why the numbers were absent when their window was over; null while it is open",
        }),
      ),
      openedAt: Time("when the absence was noticed"),
      closedAt: Nullable(Time("when it was declared lost, or filled without that")),
      filledAt: Nullable(Time("when the last of its numbers came; null unless filled")),
      arrival: Nullable(
        Type.String({
          enum: [...ARRIVAL_BINS, null],
          description:
            "the ledger's bin of its numbers: recovered (we had asked for them), late (had been lost) or reordered; null unless filled",
        }),
      ),
      requests: Type.Integer({ minimum: 0, description: "how often we asked for it" }),
    },
    { description: "consecutive absent numbers" },
  ),
  "Gap",
);

export const GapList = named(Type.Object({ gaps: Type.Array(RefTo(Gap)), next: Next }), "GapList");

const FILTERS = {
  state: Type.Optional(Word(GAP_STATES, { description: "only gaps in this state" })),
  cause: Type.Optional(Word(CAUSES, { description: "only gaps with this cause" })),
  ...timeRangeQuery(
    "inclusive, by when gaps were lost or filled for good",
    "exclusive, by when gaps were noticed",
  ),
  order: Defaulted(
    Word(["asc", "desc"], { description: "by run and number; desc: the newest numbers first" }),
    "asc",
  ),
  limit: OptionalLimit(
    1000,
    "most gaps in the answer; without it json has 100, csv all there are, as a stream",
  ),
  cursor: Cursor,
  format: Defaulted(
    Word(["json", "csv"], {
      description: "csv: a header, then one line per gap; with `limit` the next page is in the Link header",
    }),
    "json",
  ),
};

export const DeviceGapsQueryString = Query(FILTERS);
export const GapsQueryString = Query({
  device: Type.Optional(
    Type.String({
      minLength: 1,
      maxLength: 64,
      description: "a device id of 1 to 64 characters; one that is unknown has no gaps",
    }),
  ),
  ...FILTERS,
});
