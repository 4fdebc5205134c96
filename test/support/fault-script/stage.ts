import type { NaiveDatagram } from "../naive-ledger/device.ts";
import type { FaultEvent } from "./events.ts";
import { newSender, type Sender, WALL_US } from "./sender.ts";

export const ABSURD = 2 ** 53 - 2;
export const BEYOND_JUMP = 2 ** 20;

/** Where moves are played: the senders, their time, and the events it all comes to. */
export class Stage {
  readonly events: FaultEvent[] = [];
  readonly senders: Sender[];
  elapsedMs = 0;
  strangers = 0;

  constructor(senderCount: number) {
    this.senders = Array.from({ length: senderCount }, (_, index) => newSender(index));
  }

  restart(sender: Sender, epoch: number, next: number): void {
    sender.epoch = sender.epoch === null ? null : epoch;
    if (!sender.epochs.includes(sender.epoch)) sender.epochs.push(sender.epoch);
    sender.next = next;
    sender.bootUs = this.wallUs();
  }

  wallUs(): number {
    return WALL_US + this.elapsedMs * 1000;
  }

  pass(ms: number): void {
    this.elapsedMs += ms;
    if (ms > 0) this.events.push({ event: "advance", ms });
  }

  data(sender: Sender, sequence: number): NaiveDatagram {
    return this.#datagram(sender, "data", sequence);
  }

  control(sender: Sender, kind: "heartbeat" | "describe" | "gone", sequence: number | null): NaiveDatagram {
    return this.#datagram(sender, kind, sequence);
  }

  deliver(sender: Sender, datagram: NaiveDatagram): void {
    sender.sent.push(datagram);
    this.events.push({ event: "datagram", datagram, port: sender.port });
  }

  #datagram(sender: Sender, kind: NaiveDatagram["kind"], number: number | null): NaiveDatagram {
    const { id, epoch, bits, startsAtZero } = sender;
    const sequence = number === null ? null : number % 2 ** bits;
    return { device: id, kind, epoch, sequence, bits, startsAtZero, ...this.#sendTime(sender) };
  }

  #sendTime(sender: Sender): { sendTimeUs: number; isRelative: boolean } {
    const nowUs = this.wallUs() + this.events.length;
    if (sender.clock === "none") return { sendTimeUs: 0, isRelative: false };
    if (sender.clock === "relative")
      return { sendTimeUs: Math.max(1, nowUs - sender.bootUs), isRelative: true };
    return { sendTimeUs: nowUs + sender.clockOffsetUs, isRelative: false };
  }
}
