import type { ArrivalBin } from "../../protocol/arrival-bin.ts";
import type { Count } from "../../protocol/ledger-counts.ts";
import { CAUSES } from "../../protocol/ledger-row.ts";
import { intersect, normalise, type Range, sizeOf, subtract } from "../../protocol/ranges.ts";
import type { TruthRecord } from "../truth/truth.ts";
import { type Expectation, expectationOf, isBlamed, spanOf } from "./expectation.ts";
import { brokenRunIdentities } from "./identities.ts";
import type { Difference, Findings } from "./report.ts";
import type { AuditGap, AuditReading, AuditRun } from "./source.ts";
import type { ExpectedReadings } from "./values.ts";

/** What is known of the circumstances of one start. */
export interface StartContext {
  /** its number 0 was used before the collector (last) began to listen */
  beganBeforeListening: boolean;
  /** it ended with heartbeats nobody impaired, so that the loss of its tail is known */
  endIsKnown: boolean;
  /** something was lost on the collector's side, in whatever run: copies may have been, too */
  isDisturbed: boolean;
}

export type NumberedReading = AuditReading & { sequence: number };

/** One start of a device, as the truth has it, with the run it became in the ledger. */
export interface AuditPair {
  record: TruthRecord;
  run: AuditRun;
  gaps: readonly AuditGap[];
  context: StartContext;
}

/** Reconciles one start with its run: give it every stored reading of the run, then finish. */
export class RunAudit {
  readonly #pair: AuditPair;
  readonly #expected: ExpectedReadings;
  readonly #findings: Findings;
  readonly #want: Expectation;
  readonly #span: readonly Range[];
  /** numbers the ledger calls lost or missing */
  readonly #absent: readonly Range[];
  readonly #stored: number[] = [];

  constructor(pair: AuditPair, expected: ExpectedReadings, findings: Findings) {
    const { record, run, gaps, context } = pair;
    this.#pair = pair;
    this.#expected = expected;
    this.#findings = findings;
    this.#want = expectationOf(record, run, gaps, context.beganBeforeListening);
    this.#span = spanOf(run);
    this.#absent = normalise(gaps.filter(isAbsence).map(({ first, last }) => [first, last]));
  }

  /** One stored reading: its value and time against what was sent. */
  addReading(reading: NumberedReading): void {
    this.#stored.push(reading.sequence);
    // numbers nobody used are reported as such
    if (reading.sequence >= this.#pair.record.next) return;
    const unlike = this.#expected.compare(this.#pair.record, reading);
    if (unlike !== null) this.#differ({ ...unlike, numbers: [[reading.sequence, reading.sequence]] });
    this.#findings.tally.values += this.#expected.valuesPerDatagram;
  }

  /** Everything that needs the whole run. */
  finish(): void {
    this.#checkIdentities();
    this.#checkGaps();
    this.#checkReceived();
    this.#checkHighWater();
    this.#checkDuplicates();
    this.#checkCounters();
    this.#checkStored();
    this.#tally();
  }

  #checkIdentities(): void {
    for (const sentence of brokenRunIdentities(this.#pair.run)) {
      this.#differ({ subject: "identity", truth: "every identity holds", ledger: sentence });
    }
  }

  /** The gap rows among themselves: inside the run, apart from each other, as many as the counters say. */
  #checkGaps(): void {
    const { gaps, run } = this.#pair;
    this.#numbers("gap", subtract(this.#absent, this.#span), "inside the run", "outside first to high water");
    const arrived = gaps.filter(isFilled);
    this.#checkApart(gaps.filter(isAbsence), "absent once");
    this.#checkApart(arrived, "filled once");
    const filled = normalise(arrived.map(({ first, last }) => [first, last]));
    this.#numbers("gap", intersect(filled, this.#absent), "in one bin", "filled and absent");
    this.#numbers(
      "gap",
      subtract(filled, this.#span),
      "inside the run",
      "filled outside first to high water",
    );
    this.#checkFilled(arrived);
    this.#counter(
      "missing",
      countIn(gaps, ({ state }) => state === "open"),
      "in open gap rows",
    );
    for (const cause of CAUSES) {
      const inRows = countIn(gaps, (gap) => gap.state === "lost" && gap.cause === cause);
      this.#equal(`causes.${cause}`, run.counts.causes[cause], inRows, "in lost gap rows");
    }
  }

  #checkApart(rows: AuditGap[], truth: string): void {
    rows.sort((a, b) => a.first - b.first);
    for (const [index, gap] of rows.entries()) {
      const before = rows[index - 1];
      if (before === undefined || before.last < gap.first) continue;
      const common: Range = [gap.first, Math.min(before.last, gap.last)];
      this.#numbers("gap", [common], truth, "in two gap rows");
    }
  }

  /** What came after its window has a row until retention removes it; of what was reordered only what came after a stop. */
  #checkFilled(rows: readonly AuditGap[]): void {
    const { counts } = this.#pair.run;
    const check = (bin: ArrivalBin, hasRows: boolean, inRows: number): void => {
      if (hasRows || inRows > Number(counts[bin])) this.#counter(bin, inRows, "in filled gap rows");
    };
    const countOf = (...bins: readonly (ArrivalBin | null)[]): number =>
      countIn(rows, ({ arrival }) => bins.includes(arrival));
    const hasAll = Number(counts.expired) === 0;
    check("recovered", hasAll, countOf("recovered"));
    check("late", hasAll, countOf("late"));
    check("reordered", false, countOf("reordered", null));
  }

  /** The received numbers by the ledger (all of the run that no gap row holds) against the truth. */
  #checkReceived(): void {
    const { used, dropped, corrupted, received } = this.#want;
    const has = subtract(this.#span, this.#absent);
    const lacks = subtract(received, has);
    const inGaps = intersect(lacks, this.#absent);
    this.#numbers("received", inGaps, "delivered", "lost or missing");
    this.#numbers("received", subtract(lacks, inGaps), "delivered", "not expected");
    const excess = subtract(has, received);
    this.#numbers("received", intersect(excess, dropped), "dropped", "received");
    this.#numbers("received", intersect(excess, corrupted), "corrupted", "received");
    this.#numbers("received", subtract(excess, used), "never used", "received");
  }

  /** A run that ended with heartbeats knows its last number; no run knows numbers that were never used. */
  #checkHighWater(): void {
    const { record, run, context } = this.#pair;
    const highWater = run.highWater ?? (run.first ?? 0) - 1;
    const last = record.next - 1;
    if (highWater === last || (!context.endIsKnown && highWater < last)) return;
    this.#differ({ subject: "high-water", truth: `${last}`, ledger: `${highWater}` });
  }

  #checkDuplicates(): void {
    const { run, context } = this.#pair;
    // a collector that was told of no paths hears both as one
    const { redundant } = run.counts;
    const onBothPaths = BigInt(redundant) === 0n ? 0 : this.#want.onBothPaths;
    // a restart forgets by which path the numbers before it came: copies of these are duplicates
    const mayForgetPaths = context.beganBeforeListening && onBothPaths > 0;
    const extraCopies = this.#want.extraCopies - (mayForgetPaths ? Number(redundant) : onBothPaths);
    // what nobody heard while the collector was down may have come when it was asked for: then only the copies are not here
    const mayLackCopies = context.beganBeforeListening && Number(run.counts.recovered) > 0;
    const hasHeardAll = this.#want.unheard.length === 0;
    const isExact = hasHeardAll && !context.isDisturbed && !mayLackCopies && !mayForgetPaths;
    if (!isExact) this.#findings.tally.boundedDuplicates++;
    this.#checkCopies("duplicates", "further copies", Number(run.counts.duplicates), extraCopies, isExact);
    this.#checkCopies("redundant", "copies by a second path", Number(redundant), onBothPaths, isExact);
  }

  #checkCopies(
    subject: "duplicates" | "redundant",
    what: string,
    counted: number,
    most: number,
    isExact: boolean,
  ): void {
    if (counted === most || (!isExact && counted < most)) return;
    const truth = `${isExact ? "" : "at most "}${most} ${what}`;
    this.#differ({ subject, truth, ledger: `${counted} ${subject}` });
  }

  #checkCounters(): void {
    this.#counter("received", sizeOf(this.#want.received), "by the truth");
    const { missing, lost } = this.#pair.run.counts;
    const absent = sizeOf(this.#want.absent);
    this.#equal("missing + lost", Number(missing) + Number(lost), absent, "by the truth");
  }

  /** Stored readings: each received number once, none besides; fewer only after retention. What is pending nobody can compare. */
  #checkStored(): void {
    const { run } = this.#pair;
    const numbers = this.#stored.sort((a, b) => a - b);
    const twice = numbers.filter((number, index) => number === numbers[index - 1]);
    this.#numbers("stored", rangesOf(twice), "once", "stored twice");
    const stored = rangesOf(numbers);
    this.#numbers("stored", subtract(stored, this.#want.received), "not received", "stored");
    this.#equal("stored", run.counts.stored, sizeOf(stored), "stored readings");
    this.#counter("pending", 0, "waiting to be stored");
    if (Number(run.counts.expired) === 0)
      this.#numbers("stored", subtract(this.#want.received, stored), "delivered", "not stored");
  }

  #tally(): void {
    const { tally } = this.#findings;
    const { record, gaps } = this.#pair;
    const { received, dropped, corrupted, unheard } = this.#want;
    tally.epochs++;
    tally.numbers += record.next;
    tally.received += sizeOf(received);
    tally.impaired += sizeOf(dropped) + sizeOf(corrupted);
    tally.beforeListening += sizeOf(unheard);
    for (const gap of gaps) if (isBlamed(gap)) tally.blamed[gap.cause] += gap.last - gap.first + 1;
  }

  #counter(name: "missing" | "received" | "pending" | ArrivalBin, truth: number, what: string): void {
    this.#equal(name, this.#pair.run.counts[name], truth, what);
  }

  #equal(name: string, counted: Count, truth: number, what: string): void {
    if (BigInt(counted) === BigInt(truth)) return;
    this.#differ({ subject: "counter", truth: `${truth} ${what}`, ledger: `${name} ${counted}` });
  }

  #numbers(subject: Difference["subject"], numbers: readonly Range[], truth: string, ledger: string): void {
    this.#differ({ subject, numbers, truth, ledger });
  }

  #differ(difference: Omit<Difference, "device" | "epoch" | "run">): void {
    const { record, run } = this.#pair;
    this.#findings.differ({ ...difference, device: record.device, epoch: run.epoch, run: run.run });
  }
}

const isFilled = ({ state }: AuditGap): boolean => state === "filled";
const isAbsence = (gap: AuditGap): boolean => !isFilled(gap);

const countIn = (gaps: readonly AuditGap[], isIn: (gap: AuditGap) => boolean): number =>
  gaps.filter(isIn).reduce((count, { first, last }) => count + last - first + 1, 0);

/** @param numbers - ascending */
const rangesOf = (numbers: readonly number[]): Range[] => {
  const ranges: [number, number][] = [];
  for (const number of numbers) {
    const previous = ranges.at(-1);
    if (previous !== undefined && number <= previous[1] + 1) previous[1] = number;
    else ranges.push([number, number]);
  }
  return ranges;
};
