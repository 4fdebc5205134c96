import type { NaiveDatagram } from "../naive-ledger/device.ts";

/** What happens to both ledgers, in order. */
export type FaultEvent =
  /** `listener`: by the second one when 1; by the port unless given */
  | { event: "datagram"; datagram: NaiveDatagram; port: number; listener?: number }
  | { event: "shed"; datagram: NaiveDatagram; port: number }
  | { event: "advance"; ms: number }
  /** `lagMs`: how far the reading of the sockets lags behind */
  | { event: "tick"; lagMs: number; maxClosures: number }
  /** a NACK names everything the device can be asked for */
  | { event: "ask"; device: string; port: number }
  | { event: "listener-break" }
  /** the kernel's counters are read, one of two having moved by so much; null = it cannot be read */
  | { event: "kernel-drops"; listener: number; drops: number | null; lagMs: number }
  /** a datagram that cannot be decoded */
  | { event: "reject"; port: number }
  /** the collector's own wall clock is stepped */
  | { event: "wall-step"; us: number }
  /** a batch is committed: what a crash goes back to */
  | { event: "commit" }
  /** the collector stops in an orderly way and starts again after `ms` */
  | { event: "collector-restart"; ms: number }
  /** it dies, and starts again after `ms` from the last commit */
  | { event: "collector-crash"; ms: number };
