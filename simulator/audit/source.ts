import type { ArrivalBin } from "../../protocol/arrival-bin.ts";
import type { Count, LedgerCounts } from "../../protocol/ledger-counts.ts";
import type { Cause } from "../../protocol/ledger-row.ts";

/** What an audit needs to see of a collector; over HTTP (audit-http.ts) or straight from a database file. Times in microseconds. */
export interface AuditSource {
  fleet(): Promise<AuditFleet>;
  /** ids of every device known, in pages of any size */
  devices(): AsyncIterable<readonly string[]>;
  /** null when the device is not known */
  device(id: string): Promise<AuditDevice | null>;
  /** every gap row of a device, filled ones too */
  gaps(id: string): AsyncIterable<readonly AuditGap[]>;
  /** every stored reading of a device, in any order */
  readings(id: string): AsyncIterable<readonly AuditReading[]>;
  /** wall clock of when the collector last began to listen; null = not known */
  listeningSinceUs(): Promise<number | null>;
}

export interface AuditFleet {
  counts: LedgerCounts;
  datagrams: Count;
  control: Count;
  shed: Count;
  held: Count;
  /** by reason */
  rejected: Readonly<Record<string, Count>>;
}

export interface AuditDevice {
  counts: LedgerCounts;
  runs: readonly AuditRun[];
}

export interface AuditRun {
  epoch: number | null;
  /** number of the run inside its epoch */
  run: number;
  /** null while unknown */
  first: number | null;
  /** null while unknown, also when nothing is expected from number 0 on */
  highWater: number | null;
  headKnown: boolean;
  tailKnown: boolean;
  counts: LedgerCounts;
}

export interface AuditGap {
  epoch: number | null;
  run: number;
  first: number;
  last: number;
  state: "open" | "lost" | "filled";
  cause: Cause | null;
  /** bin of its numbers; null while they are not here */
  arrival: ArrivalBin | null;
}

/** Readings of one datagram that share a time. */
export interface AuditReading {
  epoch: number | null;
  run: number;
  /** null when the datagram had no number */
  sequence: number | null;
  timeUs: number;
  /** by channel name; a text is none of a simulator's */
  values: Readonly<Record<string, number | boolean | string>>;
}
