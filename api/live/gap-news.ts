import { formatTime } from "../../protocol/time.ts";
import type { LiveGap, LiveSource, RunOwner } from "../sources.ts";
import type { LiveClient } from "./client.ts";
import { eventBytes } from "./event-text.ts";

/** Numbers of one gap that arrived one by one, side by side, as one. */
export const joinFilled = (gaps: readonly LiveGap[]): LiveGap[] => {
  const joined: LiveGap[] = [];
  for (const gap of gaps) {
    const last = joined.at(-1);
    const continues =
      last !== undefined &&
      gap.arrival !== null &&
      last.arrival === gap.arrival &&
      last.run === gap.run &&
      last.last + 1 === gap.first &&
      last.cause === gap.cause &&
      last.openedAtUs === gap.openedAtUs &&
      last.requests === gap.requests;
    if (continues) joined[joined.length - 1] = { ...last, last: gap.last, atUs: gap.atUs };
    else joined.push(gap);
  }
  return joined;
};

/** From the first to the last of some gaps, at least one: those of a commit come worker by worker, and so not in the order of their times. */
export const spanOf = (gaps: readonly { atUs: number }[]): { fromUs: number; toUs: number } => {
  const span = { fromUs: Number.POSITIVE_INFINITY, toUs: Number.NEGATIVE_INFINITY };
  for (const { atUs } of gaps) {
    span.fromUs = Math.min(span.fromUs, atUs);
    span.toUs = Math.max(span.toUs, atUs);
  }
  return span;
};

interface Event {
  device: string;
  atUs: number;
  bytes: Uint8Array;
}

/** `event: gap` of one commit. Clients of the same devices share the bytes, and each gets all of its own at once: a write for each gap and client takes long. */
export class GapNews {
  readonly #events: readonly Event[];
  readonly #texts = new Map<string, { bytes: Uint8Array; fromUs: number; toUs: number } | null>();

  constructor(gaps: readonly LiveGap[], live: Pick<LiveSource, "runOwner">) {
    this.#events = gaps.flatMap((gap) => {
      const run = live.runOwner(gap.run);
      return run === undefined ? [] : [{ device: run.device, atUs: gap.atUs, bytes: gapBytes(gap, run) }];
    });
  }

  tell(client: LiveClient): void {
    const { devices } = client.wish;
    const key = JSON.stringify(devices);
    let text = this.#texts.get(key);
    if (text === undefined) {
      text = this.#join(devices);
      this.#texts.set(key, text);
    }
    if (text !== null) client.sendGaps(text.bytes, text.fromUs, text.toUs);
  }

  #join(devices: readonly string[]): { bytes: Uint8Array; fromUs: number; toUs: number } | null {
    const wanted = new Set(devices);
    const events = this.#events.filter(({ device }) => wanted.size === 0 || wanted.has(device));
    if (events.length === 0) return null;
    const bytes = Buffer.concat(events.map((event) => event.bytes));
    return { bytes, ...spanOf(events) };
  }
}

const gapBytes = (gap: LiveGap, { device, epoch, index }: RunOwner): Uint8Array => {
  const { first, last, arrival, cause, openedAtUs, atUs, requests } = gap;
  const data = {
    device,
    epoch,
    run: index,
    first,
    last,
    count: last - first + 1,
    state: arrival === null ? "lost" : "filled",
    cause,
    openedAt: formatTime(openedAtUs),
    at: formatTime(atUs),
    arrival,
    requests,
  };
  return eventBytes("gap", JSON.stringify(data));
};
