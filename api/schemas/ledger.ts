import { COUNTERS } from "../../protocol/ledger-counts.ts";
import { CAUSES } from "../../protocol/ledger-row.ts";
import { Count, MapOf, Nullable, named, OptionalLimit, Query, RefTo, Time } from "./common.ts";
import { Type } from "./type.ts";

const MEANING: Record<(typeof COUNTERS)[number], string> = {
  expected: "numbers the sender is known to have used: received + missing + lost",
  received: "inOrder + reordered + recovered + late",
  inOrder: "arrived above the high water",
  reordered: "arrived below the high water while its gap was open",
  recovered: "arrived after we asked for it",
  late: "arrived unasked after being declared lost",
  missing: "not here, its gap is open",
  lost: "not here, its window is closed; the sum of `causes`",
  pending: "received and not yet committed",
  stored: "received - pending - expired",
  expired: "removed by retention",
  duplicates: "arrived again; stored once",
  redundant: "first copies by another path",
  unsequenced: "datagrams without a number",
  unknown: "open ends: starts and tails of numberings nobody can know the length of",
};

const Causes = Type.Object(
  Object.fromEntries(CAUSES.map((cause) => [cause, Count(`lost by cause ${cause}`)])) as Record<
    (typeof CAUSES)[number],
    ReturnType<typeof Count>
  >,
);

export const Completeness = Nullable(
  Type.Number({
    minimum: 0,
    maximum: 1,
    description: "received / expected; null where nothing was expected or nothing is numbered",
  }),
);

const counterProperties = Object.fromEntries(
  COUNTERS.map((counter) => [counter, Count(MEANING[counter])]),
) as Record<(typeof COUNTERS)[number], ReturnType<typeof Count>>;

const Loss = (description: string) => Nullable(Type.Number({ minimum: 0, maximum: 1, description }));

const totalProperties = {
  ...counterProperties,
  completeness: Completeness,
  rawLoss: Loss(
    "(recovered + lost) / expected: what did not come by itself; null where nothing was expected",
  ),
  residualLoss: Loss("lost / expected: what is lost after recovery; null where nothing was expected"),
  causes: Causes,
};

export const LedgerTotal = named(
  Type.Object(totalProperties, { description: "counters in sequence numbers" }),
  "LedgerTotal",
);

const RunNumbers = {
  epoch: Nullable(Type.Integer({ description: "one start of the sender; null when its format has none" })),
  run: Type.Integer({ description: "numbering inside the epoch" }),
};

export const LedgerEpoch = named(
  Type.Object({
    ...RunNumbers,
    first: Nullable(Type.Integer({ description: "lowest number of the run; null while unknown" })),
    highWater: Nullable(
      Type.Integer({ description: "greatest number known to be used; null while unknown" }),
    ),
    headKnown: Type.Boolean({ description: "nothing was sent before `first`" }),
    tailKnown: Type.Boolean({ description: "nothing was sent after `highWater`" }),
    ...totalProperties,
  }),
  "LedgerEpoch",
);

export const FleetTotal = named(
  Type.Object({
    ...totalProperties,
    datagrams: Count(
      "all that arrived: received + duplicates + redundant + rejected + control + unsequenced + shed + held",
    ),
    control: Count("HEARTBEAT, DESCRIBE and GONE datagrams"),
    shed: Count("refused for want of room, before any verdict"),
    held: Count("kept aside for a few seconds until the next number tells what they are"),
    rejected: MapOf(Count("datagrams"), "whole datagrams rejected, by reason"),
    refusedReadings: MapOf(
      Count("readings"),
      "single readings refused in datagrams that were received, by reason",
    ),
  }),
  "FleetTotal",
);

const asOf = Time("time of the last commit in this answer");

export const FleetLedger = named(
  Type.Object(
    { asOf, total: RefTo(FleetTotal) },
    { description: "the ledger of all devices together, and what became of every datagram" },
  ),
  "FleetLedger",
);
export const DeviceLedger = named(
  Type.Object(
    {
      asOf,
      total: RefTo(LedgerTotal),
      runs: Type.Optional(
        Type.Integer({ minimum: 0, description: "how many runs `total` is of; with `limit` only" }),
      ),
      epochs: Type.Array(RefTo(LedgerEpoch), {
        description: "a part per epoch and run, in the order they became known",
      }),
    },
    { description: "a device's ledger: its total and each of its runs" },
  ),
  "DeviceLedger",
);

export const DeviceLedgerQuery = Query({
  limit: OptionalLimit(1000, "most runs in `epochs`, the newest ones; all when left out"),
});
