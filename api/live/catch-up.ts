import { SegmentCorruptError } from "../../db/codec/corrupt.ts";
import type { LiveSegments } from "../../db/query/live-segments.ts";
import type { ReadingFilter, Skipped } from "./messages.ts";
import { isBehind, markOf, type Place, parsePlace, partId } from "./position.ts";
import type { ReadingText } from "./reading-text.ts";
import type { RunNames } from "./run-names.ts";
import { HOLD_LOOKS_BACK, type Part, Teller } from "./teller.ts";

/** What was missed is told again when it is not older, by the times of its commits. */
const RESUME_US = 300_000_000;

/** Where the feed is. */
export type Here = Pick<Teller, "flush" | "part" | "committedAtUs">;

type Seen = Pick<Place, "flush" | "part" | "event">;

/** The last flush of which nothing is left to tell: one may have more behind an event, or held. Before the first one, which is 1, there is none. */
const lastSeen = ({ flush, part, event }: Seen): number =>
  part === 1 && event === null ? flush : Math.max(0, flush - 1);

/** Whether some of what lies behind a place cannot be told any more: it was merged with other flushes, or removed. */
const isLostBehind = (segments: LiveSegments, place: Seen): boolean =>
  segments.isMergedAfter(lastSeen(place)) || segments.isRemovedAfter(lastSeen(place), place.flush);

/** Whether what lies behind a place can be told as it would have been: what it depends on lies before it. */
const canGoOnFrom = (segments: LiveSegments, place: Place): boolean =>
  !isLostBehind(segments, place) && segments.hasBefore(lastSeen(place) + 1, HOLD_LOOKS_BACK);

const unlessDamaged = <T>(read: () => T): T | undefined => {
  try {
    return read();
  } catch (error) {
    if (error instanceof SegmentCorruptError) return undefined;
    throw error;
  }
};

/** Whether an id of this database would have the mark that its place has now: what it was marked by is neither merged nor removed. */
const isMarkThere = (segments: LiveSegments, { flush }: Place): boolean =>
  !segments.isMergedAfter(flush - 1) && segments.hasBefore(flush + 1, 1);

/** How a client that has seen up to an id can go on: from a place, or behind a gap. */
export const resumeAt = (
  segments: LiveSegments,
  id: string,
  here: Here,
): { place: Place; skipped: null } | { place: null; skipped: Skipped } => {
  const place = parsePlace(id);
  if (place === undefined || place.flush > here.flush)
    return { place: null, skipped: { reason: "unknown-id", fromUs: null, toUs: null } };
  const isOfAnother = place.mark !== markOf(segments.committedUpTo(place.flush));
  if (isOfAnother && isMarkThere(segments, place))
    return { place: null, skipped: { reason: "unknown-id", fromUs: null, toUs: null } };
  const first = unlessDamaged(() => segments.after(place.flush));
  const isTooOld =
    first === undefined || (first !== null && here.committedAtUs - first.committedAtUs > RESUME_US);
  if (!isOfAnother && !isTooOld && canGoOnFrom(segments, place)) return { place, skipped: null };
  const fromUs = unlessDamaged(() => segments.of(place.flush))?.committedAtUs ?? null;
  return { place: null, skipped: { reason: "too-old", fromUs, toUs: here.committedAtUs } };
};

/** What all clients of a feed share. */
export interface FeedParts {
  segments: LiveSegments;
  names: RunNames;
  text: ReadingText;
}

interface Missed {
  text: string;
  isAtEnd: boolean;
  position: string;
}

/** Tells one client what it missed, from the store, a flush at a time, until it is where the feed is. */
export class CatchUp {
  readonly #segments: LiveSegments;
  readonly #names: RunNames;
  readonly #text: ReadingText;
  readonly #filter: ReadingFilter;
  readonly #place: Place;
  readonly #runs: () => ReadonlySet<number> | null;
  #teller: Teller | undefined;

  /** @param runs - those of the filter's devices, null = all; asked again for each flush, since devices begin new ones */
  constructor(
    { segments, names, text }: FeedParts,
    filter: ReadingFilter,
    runs: () => ReadonlySet<number> | null,
    place: Place,
  ) {
    this.#segments = segments;
    this.#names = names;
    this.#text = text;
    this.#filter = filter;
    this.#runs = runs;
    this.#place = place;
  }

  /**
   * The next flush that was missed. `flush` and `part` say up to where the client is told then.
   * @returns null when flushes were merged or removed meanwhile that it has not been told, or are damaged
   */
  async next(here: Here): Promise<Missed | null> {
    try {
      return await this.#next(here);
    } catch (error) {
      // of the others nobody depends on it
      if (error instanceof SegmentCorruptError) return null;
      throw error;
    }
  }

  async #next(here: Here): Promise<Missed | null> {
    const { isAfterRest } = this.#place;
    const start = { flush: this.#place.flush - 1, part: isAfterRest ? 1 : 0 } as const;
    this.#teller ??= await Teller.after(this.#segments, this.#names, this.#runs(), start);
    const teller = this.#teller;
    teller.runs = this.#runs();
    const segment = this.#segments.after(teller.flush);
    if (!this.#isAllThere(teller.flush)) return null;
    const isAtEnd = segment === null || segment.flush > here.flush;
    const isRestDue = isAtEnd ? here.part === 1 : this.#sawRest(teller.flush, segment.flush);
    // each before the next one learns names, which may forget those of others
    let text = isRestDue && teller.part === 0 ? this.#textOf([await teller.rest()]) : "";
    if (!isAtEnd) text += this.#textOf(await teller.next(segment));
    return { text, isAtEnd, position: partId(teller) };
  }

  /** @param flush - the last one that was told: from then on the teller has what it needs of those before */
  #isAllThere(flush: number): boolean {
    if (flush < this.#place.flush) return canGoOnFrom(this.#segments, this.#place);
    return !isLostBehind(this.#segments, { flush, part: 1, event: null });
  }

  /** Whether it was told some of the rest between two flushes: the other part of it does not wait for the second one then. */
  #sawRest(flush: number, next: number): boolean {
    return this.#place.part === 1 && flush <= this.#place.flush && next > this.#place.flush;
  }

  #textOf(parts: readonly Part[]): string {
    let text = "";
    for (const part of parts) {
      for (const [number, told] of part.told) {
        const run = this.#names.of(number);
        if (run === undefined) continue;
        const isBehindPlace = (index: number): boolean => isBehind(this.#place, part, number, index);
        const { channels } = this.#filter;
        text += this.#text.events(run, `${partId(part)}-${number}`, told, channels, isBehindPlace);
      }
    }
    return text;
  }
}
