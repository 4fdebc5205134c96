import { Count, Nullable, named } from "./common.ts";
import { Type } from "./type.ts";

const Seconds = (description: string) => Type.Number({ description });
const Span = (description: string) => Type.Number({ minimum: 0, description });

const Transit = Type.Object(
  {
    pairs: Count(
      "pairs of consecutive numbers that were looked at: one in eight, each of a device slower than 5 s",
    ),
    jitterSeconds: Span("smoothed change of the transit time from one number to the next (RFC 3550 §6.4.1)"),
    meanSeconds: Seconds("transit time, smoothed by 1/16; the offset of the clocks is in it"),
    leastSeconds: Seconds(
      "least transit time of the last 10 to 20 minutes: the offset of the clocks and the shortest way",
    ),
    greatestSeconds: Seconds("greatest one of that time"),
    spreadSeconds: Span("greatest less least: what does not depend on the clocks"),
    isRelative: Type.Boolean({
      description: "send times count from the start of the epoch: the least is about 0 by definition",
    }),
  },
  { description: "arrival minus send time; null: no send times were told" },
);

/** `GET /devices/{id}/arrivals` */
export const Arrivals = named(
  Type.Object(
    {
      device: Type.String({ description: "device id" }),
      epoch: Nullable(Type.Integer({ description: "of the run that is told of; null: none declared" })),
      run: Nullable(
        Type.Integer({ minimum: 0, description: "null: nothing was heard of it lately, nothing is known" }),
      ),
      transit: Nullable(Transit),
      reordering: Type.Object(
        {
          count: Count("numbers that came after a greater one; what had been asked for is not among them"),
          greatestExtent: Type.Integer({
            minimum: 0,
            description: "numbers received from the first greater one on until it came (RFC 4737 §4.2)",
          }),
          meanExtent: Type.Number({ minimum: 0 }),
          greatestDelaySeconds: Span("longest time after the first greater one"),
          nReordering: Type.Array(Type.Integer({ minimum: 0 }), {
            description: "from n = 1 to 8: how many were n-reordered (RFC 4737 §5)",
          }),
        },
        { description: "since the collector's start" },
      ),
    },
    { description: "transit times and reordering of a device's numbers" },
  ),
  "Arrivals",
);
