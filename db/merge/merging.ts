import { codeOf, LacunaError, messageOf } from "../../common/errors.ts";
import { pagesOf } from "../chunk/chunk-pages.ts";
import { orUnreadable } from "../file/damage.ts";
import type { Sqlite } from "../file/open.ts";
import type { Removals } from "../file/removals.ts";
import { chooseMerge, isSettled, type MergePolicy, withoutKept } from "./merge-policy.ts";
import { type DroppedSegment, MergeStatements } from "./merge-statements.ts";
import type { MergeLot, MergeResult, MergeTask, SegmentRow } from "./merge-task.ts";
import { Merger } from "./merger.ts";

/** Rows a step deletes of what is left over: a few milliseconds. */
const HEADS_PER_STEP = 512;
const PAGES_PER_STEP = 512;

/** What merging has done since the start, and what it has still to do. */
export interface MergeFigures {
  merges: number;
  mergedReadings: number;
  /** segments that wait to be merged, and readings in them */
  unmergedSegments: number;
  unmergedReadings: number;
}

/**
 * The writer's side of merging: knows which segments are not merged yet, takes over what a merger has built. Pages and heads go in ahead, in
 * transactions of their own; the segment they belong to appears, and its inputs vanish, in one.
 */
export class Merging {
  readonly #db: Sqlite;
  readonly #statements: MergeStatements;
  readonly #policy: MergePolicy;
  #unsettled: SegmentRow[];
  /** of all segments, so that nothing older is merged with the next flush; also when there are none */
  #newestIsSettled: boolean;
  #segments: number;
  #readings: number;
  #merges = 0;
  #mergedReadings = 0;
  #nextSet: number;
  #nextPage: number;
  #task: MergeTask | null = null;
  #stagedPages = 0;
  #hasLeftovers: boolean;
  #flushedBytes = 0;
  #error: string | null = null;
  readonly #removals: Removals;
  readonly #damage: string[];

  /** @param damage - the sentences told so far */
  constructor(db: Sqlite, removals: Removals, damage: string[], policy: MergePolicy) {
    this.#db = db;
    this.#damage = damage;
    this.#removals = removals;
    this.#policy = policy;
    this.#statements = new MergeStatements(db);
    this.#unsettled = this.#statements.unsettled();
    this.#newestIsSettled = this.#statements.newestIsSettled();
    ({ segments: this.#segments, readings: this.#readings } = this.#statements.sums());
    ({ nextSet: this.#nextSet, nextPage: this.#nextPage } = this.#statements.next());
    this.#hasLeftovers = this.#statements.leftovers().length > 0;
  }

  /** what the database holds: segments, and readings in them */
  get stored(): { segments: number; readings: number } {
    return { segments: this.#segments, readings: this.#readings };
  }

  get figures(): MergeFigures {
    return {
      merges: this.#merges,
      mergedReadings: this.#mergedReadings,
      unmergedSegments: this.#unsettled.length,
      unmergedReadings: this.#unsettled.reduce((sum, { readings }) => sum + readings, 0),
    };
  }

  /** bytes of the segments flushes have written since the start */
  get flushedBytes(): number {
    return this.#flushedBytes;
  }

  /** A flush was committed with this segment. */
  added(row: SegmentRow): void {
    this.#flushedBytes += row.bytes;
    this.#unsettled.push({ ...row, followsSettled: this.#newestIsSettled });
    this.#newestIsSettled = false;
    this.#segments++;
    this.#readings += row.readings;
  }

  /** Retention removed segments. */
  removed(segments: readonly DroppedSegment[], readings: number): void {
    if (segments.length === 0) return;
    const gone = new Set(segments.map(({ segment }) => segment));
    this.#hasLeftovers ||= segments.some(({ chunkSet }) => chunkSet > 0);
    this.#unsettled = this.#unsettled.filter(({ segment }) => !gone.has(segment));
    this.#segments -= segments.length;
    this.#readings -= readings;
    if (this.#task?.inputs.some(({ segment }) => gone.has(segment))) this.abandon();
  }

  /** The merge that has begun and is neither adopted nor abandoned. */
  get current(): MergeTask | null {
    return this.#task;
  }

  /**
   * Begin the next merge; null when there is none, or one has begun already.
   * @param replayFrom - segments from that flush on may still be asked for as they are
   */
  begin(replayFrom: number, isStopping = false): MergeTask | null {
    if (this.#task !== null) return null;
    const replayed = this.#unsettled.filter(({ segment }) => segment < replayFrom);
    const inputs = chooseMerge(withoutKept(replayed, this.#policy), this.#policy, isStopping);
    if (inputs === null) return null;
    this.#task = { inputs, chunkSet: this.#nextSet++, firstPage: this.#nextPage };
    this.#stagedPages = 0;
    return this.#task;
  }

  /** Write a part of the current merge in a transaction of its own. */
  stage(lot: MergeLot): void {
    const { chunkSet, firstPage } = this.#task!;
    const at = firstPage + this.#stagedPages;
    const pages = pagesOf(lot.pages.length);
    this.#db
      .transaction(() => {
        this.#statements.keepLeftover(chunkSet, firstPage, at + pages);
        this.#statements.insert(chunkSet, at, lot);
      })
      .immediate();
    this.#stagedPages += pages;
  }

  /**
   * The current merge is complete: its segment takes the place of the inputs, in one transaction.
   * @throws LacunaError `ERR_MERGE_INCOMPLETE` when it does not hold exactly what its inputs do, or lies around a segment that is none of them
   */
  adopt(result: MergeResult): void {
    const { inputs } = this.#task!;
    const row = rowOf(this.#task!, result);
    checkComplete(inputs, row);
    const settled = isSettled(row, this.#policy);
    this.#db
      .transaction(() => {
        for (const input of inputs) this.#statements.drop(input);
        checkNeighbours(row, this.#statements.segmentsBetween(row.firstSegment, row.segment));
        this.#statements.insert(row.chunkSet, row.firstPage + this.#stagedPages, result.rest);
        this.#statements.adopt(row, result, settled);
      })
      .immediate();
    this.#task = null;
    this.#error = null;
    this.#nextPage = row.firstPage + row.pages;
    this.#hasLeftovers ||= inputs.some(({ level }) => level > 0);
    this.#replace(inputs, row, settled);
    this.#merges++;
    this.#mergedReadings += row.readings;
    this.#segments -= inputs.length - 1;
  }

  #replace(inputs: readonly SegmentRow[], row: SegmentRow, settled: boolean): void {
    const at = this.#unsettled.findIndex(({ segment }) => segment === inputs[0]!.segment);
    this.#unsettled.splice(at, inputs.length, ...(settled ? [] : [row]));
    if (settled) this.#settledBefore(at);
  }

  /** Nothing older is merged with what is unsettled from there on. */
  #settledBefore(at: number): void {
    const next = this.#unsettled[at];
    if (next === undefined) this.#newestIsSettled = true;
    else next.followsSettled = true;
  }

  /** Give the current merge up; what it has staged is deleted step by step. */
  abandon(): void {
    if (this.#task !== null && this.#stagedPages > 0) {
      this.#hasLeftovers = true;
      this.#nextPage = this.#task.firstPage + this.#stagedPages;
    }
    this.#task = null;
  }

  /** why the last merge failed; null when it did not */
  get error(): string | null {
    return this.#error;
  }

  /** The current merge has failed: nothing is lost, the segments stay as they are. */
  failed(thrown: unknown): void {
    this.abandon();
    const error = orUnreadable(this.#db.name, thrown);
    this.#error = `${messageOf(error)} (${codeOf(error) ?? "no code"})`;
  }

  /** This segment can be merged no more: the current merge is given up, the next ones lie before it or behind. @param why - as a sentence */
  leave(segment: number, why: string): void {
    this.abandon();
    // a replay may have come to it before
    if (!this.#damage.includes(why)) this.#damage.push(why);
    const at = this.#unsettled.findIndex((row) => row.segment === segment);
    this.#unsettled.splice(at, 1);
    this.#settledBefore(at);
  }

  /** Something is left to be swept. */
  get hasLeftovers(): boolean {
    return this.#hasLeftovers;
  }

  /** Delete a part of what merges and retention have left over, inside a transaction. @throws DamagedRemovalError */
  sweep(): void {
    if (!this.#hasLeftovers) return;
    const leftover = this.#statements
      .leftovers()
      .find(({ chunkSet }) => chunkSet !== this.#task?.chunkSet && !this.#removals.isLeft(nameOf(chunkSet)));
    if (leftover === undefined) this.#hasLeftovers = false;
    else
      this.#removals.take(nameOf(leftover.chunkSet), () =>
        this.#statements.sweep(leftover, HEADS_PER_STEP, PAGES_PER_STEP),
      );
  }

  /** Merge all that is left, on this thread, until nothing is or `isOver` says so. */
  finish(replayFrom: number, isOver: () => boolean): void {
    this.abandon();
    const merger = new Merger(this.#db, this.#policy.chunkReadings);
    for (let task = this.begin(replayFrom, true); task !== null; task = this.begin(replayFrom, true)) {
      const lots = merger.merge(task);
      let step = lots.next();
      for (; step.done !== true; step = lots.next()) this.stage(step.value);
      this.adopt(step.value);
      if (isOver()) return;
    }
  }
}

/** As it is told that it is damaged. */
const nameOf = (chunkSet: number): string => `what was left of chunk set ${chunkSet}`;

const rowOf = (
  { inputs, chunkSet, firstPage }: MergeTask,
  { runs, datagrams, readings, headsBytes, dataBytes }: MergeResult,
): SegmentRow => ({
  segment: inputs.at(-1)!.segment,
  firstSegment: inputs[0]!.firstSegment,
  level: 1 + Math.max(...inputs.map(({ level }) => level)),
  followsSettled: inputs[0]!.followsSettled,
  pages: pagesOf(dataBytes),
  chunkSet,
  firstPage,
  runs,
  datagrams,
  readings,
  bytes: headsBytes + dataBytes,
  firstArrivalUs: Math.min(...inputs.map(({ firstArrivalUs }) => firstArrivalUs)),
  lastArrivalUs: Math.max(...inputs.map(({ lastArrivalUs }) => lastArrivalUs)),
  committedAtUs: inputs.at(-1)!.committedAtUs,
});

/** Readers go from segment to segment: one inside another would hide what comes after it. */
const checkNeighbours = ({ firstSegment, segment }: SegmentRow, between: number): void => {
  if (between === 0) return;
  throw new LacunaError(
    "ERR_MERGE_INCOMPLETE",
    `a merge of flushes ${firstSegment} to ${segment} leaves out ${between} segments between them`,
  );
};

const checkComplete = (inputs: readonly SegmentRow[], { datagrams, readings }: SegmentRow): void => {
  const expected = { datagrams: 0, readings: 0 };
  for (const input of inputs) {
    expected.datagrams += input.datagrams;
    expected.readings += input.readings;
  }
  if (datagrams === expected.datagrams && readings === expected.readings) return;
  throw new LacunaError(
    "ERR_MERGE_INCOMPLETE",
    `a merge of ${expected.datagrams} datagrams (${expected.readings} readings) has ${datagrams} (${readings})`,
  );
};
