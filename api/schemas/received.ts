import type { Range } from "../../protocol/ranges.ts";
import { Cursor, Limit, Next, named, Query, Time } from "./common.ts";
import { Type } from "./type.ts";

const Ranges = (description: string) =>
  Type.Unsafe<readonly Range[]>(
    Type.Array(Type.Array(Type.Integer({ minimum: 0 }), { minItems: 2, maxItems: 2 }), { description }),
  );

export const Received = named(
  Type.Object(
    {
      device: Type.String(),
      asOf: Time("of the last commit in it"),
      epochs: Type.Array(
        Type.Object({
          epoch: Type.Integer(),
          first: Type.Integer({ description: "first number that is known to have been used" }),
          last: Type.Integer({ description: "last number that is known to have been used" }),
          received: Ranges("numbers that are here, [first, last] inclusive, ascending"),
          untold: Ranges("numbers of which it is no longer known whether they are here"),
          missing: Ranges("numbers that are not here and may still come; all others are lost"),
        }),
        { description: "ascending; numberings without an epoch are left out" },
      ),
      next: Next,
    },
    { description: "sets of received numbers; those of several collectors merge by union" },
  ),
  "Received",
);

export const ReceivedQueryString = Query({
  epoch: Type.Optional(Type.Integer({ minimum: 0, maximum: 4_294_967_295, description: "only this epoch" })),
  limit: Limit(1000),
  cursor: Cursor,
});
