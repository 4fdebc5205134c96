import { addCounts, COUNTERS, type Count, type LedgerCounts } from "../../protocol/ledger-counts.ts";
import { CAUSES } from "../../protocol/ledger-row.ts";
import type { AuditFleet, AuditRun } from "./source.ts";

/** The conservation laws of the ledger (docs/ledger.md, "Words"), each broken one as a sentence. */

const sum = (counts: Iterable<Count>): Count => {
  let total: Count = 0;
  for (const count of counts) total = addCounts(total, count);
  return total;
};

interface Equation {
  name: string;
  left: Count;
  right: Count;
}

const broken = (equations: readonly Equation[]): string[] =>
  equations
    .filter(({ left, right }) => BigInt(left) !== BigInt(right))
    .map(({ name, left, right }) => `${name}: ${left} is not ${right}`);

/** Those that hold for a run, a device and the fleet. */
export const brokenIdentities = (c: LedgerCounts): string[] =>
  broken([
    {
      name: "received = inOrder + reordered + recovered + late",
      left: c.received,
      right: sum([c.inOrder, c.reordered, c.recovered, c.late]),
    },
    {
      name: "expected = received + missing + lost",
      left: c.expected,
      right: sum([c.received, c.missing, c.lost]),
    },
    { name: "lost = sum of causes", left: c.lost, right: sum(Object.values(c.causes)) },
    {
      name: "received = pending + stored + expired",
      left: c.received,
      right: sum([c.pending, c.stored, c.expired]),
    },
  ]);

/** Those of a run, which has a first number, a high water and two ends. */
export const brokenRunIdentities = ({ first, highWater, headKnown, counts }: AuditRun): string[] => {
  const right = first === null ? 0 : (highWater ?? first - 1) - first + 1;
  return [
    ...brokenIdentities(counts),
    ...broken([
      { name: "expected = highWater - first + 1", left: counts.expected, right },
      { name: "headKnown = first is 0", left: Number(headKnown), right: Number(first === 0) },
    ]),
  ];
};

/** R11: the open ends of a device's runs. The tail of the one it is heard on, at most, is not open though nobody knows it. */
export const brokenEnds = (runs: readonly AuditRun[]): string[] => {
  const unknown = Number(sum(runs.map(({ counts }) => counts.unknown)));
  // a run of unsequenced datagrams has no ends
  const numbered = runs.filter(({ first }) => first !== null);
  const tails = numbered.filter(({ tailKnown }) => !tailKnown).length;
  const most = numbered.filter(({ headKnown }) => !headKnown).length + tails;
  if (unknown === most || (tails > 0 && unknown === most - 1)) return [];
  return [`unknown = open ends of the runs: ${unknown} is not ${most}`];
};

/** Those of the fleet, where every datagram is in one counter. */
export const brokenFleetIdentities = ({
  counts,
  datagrams,
  control,
  shed,
  held,
  rejected,
}: AuditFleet): string[] => {
  const { received, duplicates, redundant, unsequenced } = counts;
  const all = sum([
    received,
    duplicates,
    redundant,
    unsequenced,
    control,
    shed,
    held,
    ...Object.values(rejected),
  ]);
  const name =
    "datagrams = received + duplicates + redundant + rejected + control + unsequenced + shed + held";
  return [...brokenIdentities(counts), ...broken([{ name, left: datagrams, right: all }])];
};

/** A total against the sum of its parts, counter by counter. */
export const brokenSums = (total: LedgerCounts, parts: LedgerCounts): string[] =>
  broken([
    ...COUNTERS.map((name) => ({
      name: `${name} = sum of its parts`,
      left: total[name],
      right: parts[name],
    })),
    ...CAUSES.map((cause) => ({
      name: `causes.${cause} = sum of its parts`,
      left: total.causes[cause],
      right: parts.causes[cause],
    })),
  ]);
