import type { ServerResponse } from "node:http";
import { formatTime } from "../../protocol/time.ts";
import { eventBytes, heartbeatBytes, placeBytes } from "./event-text.ts";
import type { ReadingFilter, Skipped } from "./messages.ts";

/** What a client asked for. */
export interface Wish extends ReadingFilter {
  events: ReadonlySet<LiveEvent>;
}

export const LIVE_EVENTS = ["reading", "ledger", "gap"] as const;
export const SKIP_REASONS = ["too-old", "unknown-id", "too-slow", "too-many"] as const;
type SkipReason = (typeof SKIP_REASONS)[number];
export type LiveEvent = (typeof LIVE_EVENTS)[number];

/**
 * Bytes that wait for a client at most, before the event that makes it too slow for the moment. Clients that want the same share the
 * bytes. The kernel's buffer of the socket comes on top.
 */
const MOST_WAITING_BYTES = 4 * 2 ** 20;
/** A client that takes nothing for so long is let go; it may come again and resume. */
const STALLED_MS = 60_000;

/**
 * One connection. `told` = it gets what all get. When it is too slow it is `behind`: nothing more is kept for it, and once it has taken all
 * that waited it is told what it missed from the store (`catching-up`), as if it had come again.
 */
export class LiveClient {
  readonly id: number;
  readonly wish: Wish;
  state: "told" | "behind" | "catching-up" = "told";
  /** id of the last thing it was told; null = nothing yet */
  position: string | null;
  /** text of the last ledger it was told, by device; "" = the fleet's */
  readonly ledgers = new Map<string, string>();
  /** it was too slow to be told the newest ledger */
  lacksLedger = false;
  readonly #response: ServerResponse;
  #missedGapsFromUs: number | null = null;
  #missedGapsToUs = 0;
  #sentBytes = 0;
  /** of what it was sent, at the last heartbeat, which is something to take itself; and when that had grown */
  #takenBytes = 0;
  #takenAtMs: number;

  constructor(id: number, response: ServerResponse, wish: Wish, position: string | null, nowMs: number) {
    this.id = id;
    this.wish = wish;
    this.position = position;
    this.#response = response;
    this.#takenAtMs = nowMs;
  }

  get isFull(): boolean {
    return this.#response.writableLength > MOST_WAITING_BYTES;
  }

  wants(event: LiveEvent): boolean {
    return this.wish.events.has(event);
  }

  send(bytes: Uint8Array): void {
    if (this.#response.writableEnded) return;
    this.#response.write(bytes);
    this.#sentBytes += bytes.length;
  }

  /** All it was sent has left this process, now or later. */
  onceTaken(then: () => void): void {
    if (this.#response.writableNeedDrain) this.#response.once("drain", then);
    else then();
  }

  skip({ reason, fromUs, toUs }: Skipped): void {
    this.#sendSkipped("reading", reason, fromUs, toUs);
  }

  skipGaps({ reason, fromUs, toUs }: { reason: "too-many"; fromUs: number; toUs: number }): void {
    this.#sendSkipped("gap", reason, fromUs, toUs);
  }

  /** Gap events of one commit; a client that is too slow is told afterwards that there were some. @param fromUs - of the first @param toUs - of the last */
  sendGaps(bytes: Uint8Array, fromUs: number, toUs: number): void {
    if (this.isFull) {
      this.#missedGapsFromUs = Math.min(fromUs, this.#missedGapsFromUs ?? fromUs);
      this.#missedGapsToUs = Math.max(toUs, this.#missedGapsToUs);
      return;
    }
    this.#tellMissedGaps();
    this.send(bytes);
  }

  /** It was told what it missed, or has just come: before the first event that follows it knows its place too. */
  join(): void {
    this.state = "told";
    if (this.position !== null) this.send(placeBytes(this.position));
  }

  /** Sign of life; a client that has stalled is let go instead. */
  heartbeat(nowMs: number): void {
    if (this.#hasStalled(nowMs)) {
      this.#response.destroy();
      return;
    }
    if (this.isFull) return;
    // no other gap may come for long
    this.#tellMissedGaps();
    this.send(heartbeatBytes(this.state === "told" ? this.position : null));
  }

  end(): void {
    this.#response.end();
  }

  #hasStalled(nowMs: number): boolean {
    const taken = this.#sentBytes - this.#response.writableLength;
    if (taken > this.#takenBytes) this.#takenAtMs = nowMs;
    this.#takenBytes = taken;
    return nowMs - this.#takenAtMs >= STALLED_MS;
  }

  #tellMissedGaps(): void {
    if (this.#missedGapsFromUs === null) return;
    this.#sendSkipped("gap", "too-slow", this.#missedGapsFromUs, this.#missedGapsToUs);
    this.#missedGapsFromUs = null;
    this.#missedGapsToUs = 0;
  }

  #sendSkipped(event: LiveEvent, reason: SkipReason, fromUs: number | null, toUs: number | null): void {
    const time = (timeUs: number | null): string | null => (timeUs === null ? null : formatTime(timeUs));
    const data = { event, reason, from: time(fromUs), to: time(toUs) };
    this.send(eventBytes("skipped", JSON.stringify(data)));
  }
}
