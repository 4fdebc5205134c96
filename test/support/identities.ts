import { AssertionError } from "node:assert";
import { CAUSES, ROW } from "../../protocol/ledger-row.ts";

/**
 * The conservation laws of the ledger (docs/ledger.md, "Words"), asserted by every test run that moves a counter. Ledgers come as the HTTP API
 * returns them (docs/api.md: one of `epochs`, or a `total`) or as a ledger row (protocol/ledger-row.ts).
 */

/** A ledger as plain JSON: only the fields that are present are checked, but those of `REQUIRED` must be. */
export type LedgerJson = Record<string, unknown>;

const REQUIRED = ["expected", "received", "inOrder", "reordered", "recovered", "late", "missing", "lost"];
const COUNTERS = [
  ...REQUIRED,
  "pending",
  "stored",
  "expired",
  "duplicates",
  "redundant",
  "unsequenced",
  "unknown",
];
const FLEET_COUNTERS = ["datagrams", "control", "shed", "held"];

/**
 * Throws an AssertionError naming every identity that one run, device or fleet ledger breaks: its bins, its causes and what is stored of it.
 * @param ledger - a ledger row (then `base` is where it begins), or an object as the API returns it
 * @param name - what the message calls it, for example `pump-7 epoch 3`
 */
export function assertRunIdentities(ledger: Float64Array | LedgerJson, name = "ledger", base = 0): void {
  const json = ledger instanceof Float64Array ? jsonOfRow(ledger, base) : ledger;
  const check = new Check(name, json);
  checkLedger(check);
  check.finish();
}

/**
 * The same for the fleet's `total`, with the identity of datagrams.
 * @param total - `total` of `GET /ledger`
 */
export function assertFleetIdentities(total: LedgerJson, name = "fleet"): void {
  const check = new Check(name, total);
  checkLedger(check);
  for (const field of FLEET_COUNTERS) check.counter(field, true);
  check.map("rejected");
  check.map("refusedReadings");
  check.sum(
    "datagrams",
    ["received", "duplicates", "redundant", "control", "unsequenced", "shed", "held"],
    "rejected",
  );
  check.finish();
}

/**
 * What holds of one path at every instant.
 * @param path - numbers expected on it, that came by it first, that had come by another before, and those of the first that came by another too
 */
export function assertPathIdentities(
  path: { expected: number; first: number; redundant: number; backed: number },
  name = "path",
): void {
  const { expected, first, redundant, backed } = path;
  const wrong: string[] = [];
  if (first + redundant > expected)
    wrong.push(`first ${first} + redundant ${redundant} > expected ${expected}`);
  if (backed > first) wrong.push(`backed ${backed} > first ${first}`);
  if (wrong.length > 0) throw new AssertionError({ message: `${name}: ${wrong.join("; ")}` });
}

function checkLedger(check: Check): void {
  for (const field of COUNTERS) check.counter(field, REQUIRED.includes(field));
  check.map("causes");
  check.sum("received", ["inOrder", "reordered", "recovered", "late"]);
  check.sum("expected", ["received", "missing", "lost"]);
  check.sum("lost", [], "causes");
  check.stored();
  check.range();
  check.completeness();
}

/** Collects what is wrong, so that one failure tells all of it. Sums are BigInt: they stay exact past 2^53. */
class Check {
  readonly #name: string;
  readonly #json: LedgerJson;
  readonly #wrong: string[] = [];

  constructor(name: string, json: LedgerJson) {
    this.#name = name;
    this.#json = json;
  }

  counter(field: string, required: boolean): void {
    const value = this.#json[field];
    if (value === undefined && !required) return;
    if (!isCount(value)) this.#wrong.push(`${field} is no non-negative integer: ${String(value)}`);
  }

  map(field: string): void {
    const counts = this.#json[field];
    if (typeof counts !== "object" || counts === null) {
      this.#wrong.push(`${field} is no object: ${String(counts)}`);
      return;
    }
    for (const [key, value] of Object.entries(counts)) {
      if (!isCount(value))
        this.#wrong.push(`${field}["${key}"] is no non-negative integer: ${String(value)}`);
    }
  }

  /** total = the sum of the fields and of all counts in the map */
  sum(total: string, fields: string[], map?: string): void {
    let sum = 0n;
    for (const field of fields) sum += this.#big(field);
    if (map !== undefined) sum += this.#mapSum(map);
    if (sum === this.#big(total)) return;
    const parts = fields.map((field) => `${field} ${this.#big(field)}`);
    if (map !== undefined) parts.push(`${map} ${this.#mapSum(map)}`);
    this.#wrong.push(`${total} ${this.#big(total)} is not ${sum} = ${parts.join(" + ")}`);
  }

  /** stored + expired = received - pending, where the ledger speaks of storage at all */
  stored(): void {
    if (this.#json.stored === undefined) return;
    const kept = this.#big("stored") + this.#big("expired");
    const due = this.#big("received") - this.#big("pending");
    if (kept !== due)
      this.#wrong.push(`stored + expired ${kept} is not received - pending ${due} (${this.#text()})`);
  }

  /** a single run: expected = highWater - first + 1 */
  range(): void {
    const { first, highWater } = this.#json;
    if (typeof first !== "number" || typeof highWater !== "number") return;
    if (BigInt(highWater) - BigInt(first) + 1n !== this.#big("expected"))
      this.#wrong.push(
        `expected ${this.#big("expected")} is not highWater ${highWater} - first ${first} + 1`,
      );
  }

  completeness(): void {
    const { completeness } = this.#json;
    if (completeness === undefined) return;
    const expected = Number(this.#big("expected"));
    const due = expected === 0 ? null : Number(this.#big("received")) / expected;
    const close =
      typeof due === "number" && typeof completeness === "number" && Math.abs(due - completeness) < 1e-6;
    if (due !== completeness && !close)
      this.#wrong.push(`completeness ${String(completeness)} is not received / expected = ${due}`);
  }

  finish(): void {
    if (this.#wrong.length === 0) return;
    throw new AssertionError({
      message: `${this.#name} breaks ${this.#wrong.length} identities:\n  ${this.#wrong.join("\n  ")}`,
      stackStartFn: assertRunIdentities,
    });
  }

  #big(field: string): bigint {
    const value = this.#json[field];
    return isCount(value) ? BigInt(value) : 0n;
  }

  #mapSum(field: string): bigint {
    let sum = 0n;
    for (const value of Object.values(this.#json[field] ?? {})) sum += isCount(value) ? BigInt(value) : 0n;
    return sum;
  }

  #text(): string {
    return ["received", "pending", "stored", "expired"]
      .map((field) => `${field} ${this.#big(field)}`)
      .join(", ");
  }
}

const isCount = (value: unknown): value is number | bigint =>
  (typeof value === "number" && Number.isInteger(value) && value >= 0) ||
  (typeof value === "bigint" && value >= 0n);

/** The row under the names of the API, so that one set of checks serves both. */
function jsonOfRow(rows: Float64Array, base: number): LedgerJson {
  const at = (field: number): number => rows[base + field]!;
  const causes: Record<string, number> = {};
  CAUSES.forEach((cause, index) => {
    causes[cause] = at(ROW.LOST + index);
  });
  const first = at(ROW.FIRST);
  return {
    first: first < 0 ? null : first,
    highWater: first < 0 ? null : at(ROW.HIGH_WATER),
    expected: first < 0 ? 0 : at(ROW.HIGH_WATER) - first + 1,
    received: at(ROW.IN_ORDER) + at(ROW.REORDERED) + at(ROW.RECOVERED) + at(ROW.LATE),
    inOrder: at(ROW.IN_ORDER),
    reordered: at(ROW.REORDERED),
    recovered: at(ROW.RECOVERED),
    late: at(ROW.LATE),
    missing: at(ROW.MISSING),
    lost: Object.values(causes).reduce((sum, count) => sum + count, 0),
    duplicates: at(ROW.DUPLICATES),
    redundant: at(ROW.REDUNDANT),
    unsequenced: at(ROW.UNSEQUENCED),
    causes,
  };
}
