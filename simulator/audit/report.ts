import { type Range, sizeOf } from "../../protocol/ranges.ts";

/** What a difference is about. */
export type Subject =
  | "received"
  | "stored"
  | "gap"
  | "high-water"
  | "duplicates"
  | "redundant"
  | "counter"
  | "identity"
  | "value"
  | "time"
  | "epoch"
  | "device";

/** One thing the truth and the ledger do not agree on. */
export interface Difference {
  subject: Subject;
  /** null: the fleet's ledger */
  device: string | null;
  /** undefined where the difference concerns no single epoch */
  epoch?: number | null;
  run?: number;
  /** the numbers concerned, where it concerns some */
  numbers?: readonly Range[];
  truth: string;
  ledger: string;
}

/** Causes that explain an absence by something that happened on the collector's side. */
export const BLAMED_CAUSES = ["socket-overflow", "queue-overflow", "collector-down"] as const;
export type BlamedCause = (typeof BLAMED_CAUSES)[number];

export interface AuditReport {
  /** every number is explained */
  isClean: boolean;
  differenceCount: number;
  /** the first MOST_DIFFERENCES of them */
  differences: readonly Difference[];
  /** what was looked at */
  devices: number;
  epochs: number;
  /** sequence numbers used according to the truth, each reconciled */
  numbers: number;
  /** single values recomputed and compared bit for bit */
  values: number;
  /** of `numbers`: received by ledger and truth alike */
  received: number;
  /** of `numbers`: dropped or corrupted by the simulator */
  impaired: number;
  /** of `numbers`: before the collector listened */
  beforeListening: number;
  /** of `numbers`: absent for a cause on the collector's side */
  blamed: Record<BlamedCause, number>;
  /** devices and epochs in the ledger that the truth does not know, when told to allow them */
  unknownDevices: number;
  unknownEpochs: number;
  /** epochs whose duplicates could only be bounded, since some datagrams were lost on the collector's side */
  boundedDuplicates: number;
}

const MOST_DIFFERENCES = 1000;

/** Collects what an audit finds. */
export class Findings {
  readonly #differences: Difference[] = [];
  #count = 0;
  readonly tally: Omit<AuditReport, "isClean" | "differences" | "differenceCount"> = {
    devices: 0,
    epochs: 0,
    numbers: 0,
    values: 0,
    received: 0,
    impaired: 0,
    beforeListening: 0,
    blamed: { "socket-overflow": 0, "queue-overflow": 0, "collector-down": 0 },
    unknownDevices: 0,
    unknownEpochs: 0,
    boundedDuplicates: 0,
  };

  differ(difference: Difference): void {
    if (difference.numbers !== undefined && difference.numbers.length === 0) return;
    this.#count++;
    if (this.#differences.length < MOST_DIFFERENCES) this.#differences.push(difference);
  }

  /** Takes over what another one found. */
  add(found: Findings): void {
    this.#count += found.#count;
    const room = MOST_DIFFERENCES - this.#differences.length;
    this.#differences.push(...found.#differences.slice(0, room));
    const { blamed, ...counts } = found.tally;
    for (const [name, count] of Object.entries(counts)) this.tally[name as keyof typeof counts] += count;
    for (const cause of BLAMED_CAUSES) this.tally.blamed[cause] += blamed[cause];
  }

  report(): AuditReport {
    return {
      isClean: this.#count === 0,
      differenceCount: this.#count,
      differences: this.#differences,
      ...this.tally,
    };
  }
}

const MOST_RANGES = 8;
/** Numbers as people read them: `7, 12-15 (5 numbers)`. */
const formatRanges = (ranges: readonly Range[]): string => {
  const shown = ranges
    .slice(0, MOST_RANGES)
    .map(([first, last]) => (first === last ? first : `${first}-${last}`));
  if (ranges.length > MOST_RANGES) shown.push("…");
  const size = sizeOf(ranges);
  return size === 1 ? shown.join(", ") : `${shown.join(", ")} (${size} numbers)`;
};

/** A difference as one line. */
export const formatDifference = (difference: Difference): string => {
  const { subject, device, epoch, run, numbers, truth, ledger } = difference;
  const where = [
    device === null ? "fleet" : `device ${device}`,
    epoch === undefined ? "" : `epoch ${epoch}`,
    run === undefined || run === 0 ? "" : `run ${run}`,
    numbers === undefined ? "" : formatRanges(numbers),
  ].filter((part) => part !== "");
  return `${subject}: ${where.join(", ")}: truth: ${truth}; ledger: ${ledger}`;
};

const plural = (amount: number, one: string): string => `${amount} ${one}${amount === 1 ? "" : "s"}`;

/** The report as lines for people: differences first, then what was checked. */
export const formatReport = (report: AuditReport): string[] => {
  const lines = report.differences.map(formatDifference);
  const hidden = report.differenceCount - report.differences.length;
  if (hidden > 0) lines.push(`… and ${plural(hidden, "more difference")}`);
  lines.push(
    `checked ${plural(report.numbers, "number")} of ${plural(report.epochs, "epoch")} of ${plural(report.devices, "device")}, ${plural(report.values, "value")}`,
    `received ${report.received}, impaired by the simulator ${report.impaired}, before the collector listened ${report.beforeListening}`,
    `blamed: ${BLAMED_CAUSES.map((cause) => `${cause} ${report.blamed[cause]}`).join(", ")}`,
  );
  if (report.boundedDuplicates > 0) {
    lines.push(`duplicates of ${plural(report.boundedDuplicates, "epoch")} could only be bounded`);
  }
  if (report.unknownDevices + report.unknownEpochs > 0) {
    lines.push(
      `not in the truth: ${plural(report.unknownDevices, "device")}, ${plural(report.unknownEpochs, "epoch")}`,
    );
  }
  lines.push(report.isClean ? "every number is explained" : plural(report.differenceCount, "difference"));
  return lines;
};
