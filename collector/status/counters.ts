import { endpointOf } from "../../common/addresses.ts";
import type { FleetCounters } from "../../protocol/fleet-counters.ts";
import { REFUSAL_REASONS, REJECT, REJECT_REASONS } from "../../protocol/reasons.ts";
import type { Arrival } from "../tracker/types.ts";

/** Codes of what is rejected though it could be decoded: by the ledger, or for where it came from. */
const DECODED: ReadonlySet<number> = new Set([
  REJECT["not-asked"],
  REJECT["implausible-sequence"],
  REJECT["before-first"],
  REJECT["below-floor"],
  REJECT["too-many-epochs"],
  REJECT["device-limit"],
  REJECT.crosstalk,
  REJECT["database-error"],
]);

/** Codes that say nothing about what a sender sends: it is another one's, there is no room for it, or the answer to another collector of its group. */
const NO_MISTAKE: ReadonlySet<number> = new Set([
  REJECT.crosstalk,
  REJECT["device-limit"],
  REJECT["not-asked"],
]);

/**
 * What became of the datagrams of one listener since the start. At every instant
 * `datagrams = received + duplicates + redundant + sum(rejected) + control + unsequenced + shed + held`.
 */
export class ListenerCounters {
  datagrams = 0;
  /** payload of all of them */
  bytes = 0;
  received = 0;
  duplicates = 0;
  redundant = 0;
  control = 0;
  unsequenced = 0;
  shed = 0;
  /** kept aside at this moment; the only one that falls */
  held = 0;
  /** by code of the reason */
  readonly rejected = new Float64Array(REJECT_REASONS.length);
  /** readings, not datagrams; by code of the reason */
  readonly refusedReadings = new Float64Array(REFUSAL_REASONS.length);
  /** datagrams whose send time was outside the usable range */
  unusableSendTimes = 0;
  /** NACKs sent from its socket, their payload, and those the system refused to send */
  nacks = 0;
  nackBytes = 0;
  nackFailures = 0;
  /** times more came than could be read, until what waited had been */
  overloads = 0;
  /** arrival of the newest datagram, microseconds; 0 = none yet */
  lastDatagramAtUs = 0;
  /** the newest datagram rejected for what was in it; arrival 0 = none yet */
  readonly lastRejected = { arrivalUs: 0, code: 0, address: "", port: 0 };

  /** One that has just arrived. */
  rejectArrival(
    code: number,
    { arrivalUs, address, port }: Pick<Arrival, "arrivalUs" | "address" | "port">,
  ): void {
    this.reject(code);
    if (NO_MISTAKE.has(code)) return;
    const last = this.lastRejected;
    last.arrivalUs = arrivalUs;
    last.code = code;
    last.address = address;
    last.port = port;
  }

  reject(code: number): void {
    this.rejected[code] = this.rejected[code]! + 1;
  }

  /** Of the rejected those of which nobody knows whose number they had. */
  get undecoded(): number {
    return this.rejected.reduce((sum, count, code) => (DECODED.has(code) ? sum : sum + count), 0);
  }

  refuse(code: number, readings: number): void {
    this.refusedReadings[code] = this.refusedReadings[code]! + readings;
  }

  /** @param readingsByCode - by code of the reason, as a decoder counts them */
  refuseAll(readingsByCode: Uint32Array): void {
    for (let code = 0; code < readingsByCode.length; code++) this.refuse(code, readingsByCode[code]!);
  }
}

/** The same as plain data, reasons by their words; reasons that never occurred are left out. */
export interface ListenerCounts extends FleetCounters {
  bytes: number;
  received: number;
  duplicates: number;
  redundant: number;
  unsequenced: number;
  unusableSendTimes: number;
  nacks: number;
  nackBytes: number;
  nackFailures: number;
  overloads: number;
  lastDatagramAtUs: number;
  lastRejected: LastRejected | null;
}

/** Who sent what could not be used, of late. */
export interface LastRejected {
  /** arrival, microseconds */
  atUs: number;
  /** address and port */
  source: string;
  reason: string;
}

export const countsOf = (counters: ListenerCounters): ListenerCounts => ({
  ...counters,
  lastRejected: lastRejectedOf(counters),
  rejected: byReason(counters.rejected, REJECT_REASONS),
  refusedReadings: byReason(counters.refusedReadings, REFUSAL_REASONS),
});

const lastRejectedOf = ({ lastRejected }: ListenerCounters): LastRejected | null => {
  const { arrivalUs, code, address, port } = lastRejected;
  if (arrivalUs === 0) return null;
  return { atUs: arrivalUs, source: endpointOf(address, port), reason: REJECT_REASONS[code]! };
};

/** The fleet's counters: those at the start and what each listener has counted since. */
export const sumCounters = (start: FleetCounters, listeners: readonly ListenerCounters[]): FleetCounters => {
  const rejected = new Float64Array(REJECT_REASONS.length);
  const refused = new Float64Array(REFUSAL_REASONS.length);
  const sum = { datagrams: start.datagrams, control: start.control, shed: start.shed, held: start.held };
  for (const listener of listeners) {
    sum.datagrams += listener.datagrams;
    sum.control += listener.control;
    sum.shed += listener.shed;
    sum.held += listener.held;
    for (const [code, count] of listener.rejected.entries()) rejected[code] = rejected[code]! + count;
    for (const [code, count] of listener.refusedReadings.entries()) refused[code] = refused[code]! + count;
  }
  return {
    ...sum,
    rejected: byReason(rejected, REJECT_REASONS, start.rejected),
    refusedReadings: byReason(refused, REFUSAL_REASONS, start.refusedReadings),
  };
};

const byReason = (
  counts: Float64Array,
  reasons: readonly string[],
  start: Record<string, number> = {},
): Record<string, number> => {
  const named = { ...start };
  for (const [code, reason] of reasons.entries()) {
    const count = counts[code]!;
    if (count > 0) named[reason] = (named[reason] ?? 0) + count;
  }
  return named;
};
