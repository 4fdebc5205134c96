import type { RunSnapshot } from "../../../protocol/batch.ts";
import { ROW, ROW_FLAG } from "../../../protocol/ledger-row.ts";
import type { TrackerContext } from "../context.ts";
import { MARK, SLOT } from "../device/device-slot.ts";
import type { GapCloser } from "../gap/gap-closer.ts";
import { noteAllBelow } from "./below.ts";
import type { RestoreRuns } from "./restore-runs.ts";
import type { RunLedger } from "./run-ledger.ts";
import { RUN_STATE } from "./run-state.ts";

const MAX_CLOSED = 64;
const MAX_NAMES = 4096;

/** What is known of the runs of an epoch that are no longer in memory. */
interface Name {
  /** the greatest index */
  lastIndex: number;
  /** the greatest `first`: what lies below it may lie below one of them */
  greatestFirst: number;
}

/** Runs that lost their place to newer ones (R6): still accounted, kept in memory up to a bound, then read back from the archive. */
export class ClosedRuns {
  readonly #context: TrackerContext;
  readonly #ledger: RunLedger;
  readonly #closer: GapCloser;
  readonly #restore: RestoreRuns;
  readonly #maxClosed: number;
  readonly #maxNames: number;
  /** by device slot and epoch, oldest first */
  readonly #names = new Map<number, Map<number, Name>>();
  /** by device slot, what can be said of all its epochs whose name is forgotten too */
  readonly #nameless = new Map<number, Name>();
  /** by device slot: how many more runs are put out of their place, or epochs read back, before any leaves the memory again, see `#load` */
  readonly #stay = new Map<number, number>();

  constructor(context: TrackerContext, ledger: RunLedger, closer: GapCloser, restore: RestoreRuns) {
    this.#context = context;
    this.#ledger = ledger;
    this.#closer = closer;
    this.#restore = restore;
    this.#maxClosed = context.options.maxClosedRuns ?? MAX_CLOSED;
    this.#maxNames = context.options.maxNames ?? MAX_NAMES;
  }

  /** Put a run out of its place; beyond the bound the least recently heard closed run leaves the memory. */
  close(run: number): void {
    const { runs } = this.#context;
    runs.setClosed(run, true);
    const device = runs.device[run]!;
    if (!this.#stays(device)) this.#drop(device, this.#closedCount(device) - this.#maxClosed);
  }

  /** Whether what was read back stays once more. */
  #stays(device: number): boolean {
    const left = this.#stay.get(device) ?? 0;
    if (left > 1) this.#stay.set(device, left - 1);
    else this.#stay.delete(device);
    return left > 0;
  }

  /** A device comes from the archive, with all its runs. @param openUntilMs - see RestoreRuns.add */
  restore(device: number, snapshots: readonly RunSnapshot[], openUntilMs: number): void {
    this.#restore.add(device, this.#toKeep(device, snapshots), openUntilMs);
    noteAllBelow(this.#context, device, this.#names.get(device));
  }

  /** @returns those that are to be in memory; of the closed ones that are not, which miss nothing, the names are kept */
  #toKeep(device: number, snapshots: readonly RunSnapshot[]): readonly RunSnapshot[] {
    const closed = snapshots.filter(({ row }) => (row[ROW.FLAGS]! & ROW_FLAG.CLOSED) !== 0);
    if (closed.length <= this.#maxClosed || this.#context.options.archive === undefined) return snapshots;
    closed.sort((one, other) => one.row[ROW.LAST_ARRIVAL]! - other.row[ROW.LAST_ARRIVAL]!);
    const left = new Set(
      closed.slice(0, closed.length - this.#maxClosed).filter(({ row }) => row[ROW.MISSING] === 0),
    );
    if (left.size === 0) return snapshots;
    const kept = snapshots.filter((snapshot) => !left.has(snapshot));
    const keptEpochs = new Set(kept.map(({ epoch }) => epoch ?? -1));
    for (const { epoch, index, row } of left)
      this.#name(device, epoch ?? -1, { lastIndex: index, greatestFirst: row[ROW.FIRST]! });
    this.#forgetNames(device, (other) => keptEpochs.has(other));
    return kept;
  }

  /** How many of the device's numbered runs have a place. */
  openCount(device: number): number {
    const { devices, runs } = this.#context;
    let open = 0;
    for (let run = devices.int(device, SLOT.NEWEST); run >= 0; run = runs.older[run]!)
      if (!runs.has(run, RUN_STATE.CLOSED | RUN_STATE.UNSEQUENCED)) open++;
    return open;
  }

  /** Whether a run may be put out of its place, silence aside. */
  mayClose(device: number, run: number): boolean {
    const { devices, runs } = this.#context;
    return (
      run !== devices.int(device, SLOT.CURRENT) && !runs.has(run, RUN_STATE.CLOSED | RUN_STATE.UNSEQUENCED)
    );
  }

  /** @returns the least recently heard run that passes, the older one of two heard at once; -1 when none passes */
  leastRecent(device: number, passes: (run: number) => boolean): number {
    const { devices, runs } = this.#context;
    let least = -1;
    for (let run = devices.int(device, SLOT.NEWEST); run >= 0; run = runs.older[run]!)
      if (passes(run) && (least < 0 || runs.at(run, ROW.LAST_ARRIVAL) <= runs.at(least, ROW.LAST_ARRIVAL)))
        least = run;
    return least;
  }

  /** Bring those runs of an epoch that is known by name back that are not in memory, closed. @returns whether there were any */
  readBack(device: number, epoch: number): boolean {
    return this.#names.get(device)?.has(epoch) === true && this.#load(device, epoch);
  }

  /** Whether the device had more epochs than there are names. */
  hasForgotten(device: number): boolean {
    return this.#nameless.has(device);
  }

  /**
   * Bring the runs of an epoch back whose name may be forgotten. Only when a run of it begins otherwise: each answer that there is none is
   * paid with one of the new runs a minute that a device may have (R6).
   * @returns whether there were any
   */
  lookUp(device: number, epoch: number): boolean {
    return this.#nameless.has(device) && this.#load(device, epoch);
  }

  #load(device: number, epoch: number): boolean {
    const { options, devices } = this.#context;
    if (options.archive === undefined) return false;
    const number = devices.mark(device, MARK.DEVICE);
    const snapshots = options.archive.loadEpoch(number, epoch < 0 ? null : epoch);
    if (snapshots === null) return false;
    this.#names.get(device)?.delete(epoch);
    const present = new Set(this.#runNumbersOf(device, epoch));
    // the one of datagrams without numbers has no epoch either, and never left
    const gone = snapshots.filter(
      ({ row }) => (row[ROW.FLAGS]! & ROW_FLAG.UNSEQUENCED) === 0 && !present.has(row[ROW.RUN]!),
    );
    this.#restore.add(device, gone, 0);
    noteAllBelow(this.#context, device, this.#names.get(device));
    // to read so many back costs what they are: they stay until it has come to little for each run, or epoch read back, that would have put them out
    if (gone.length > this.#maxClosed) this.#stay.set(device, gone.length);
    else if (!this.#stays(device)) this.#dropOthers(device, epoch);
    return gone.length > 0;
  }

  /** Beyond the bound runs leave the memory, but for those of an epoch that is about to be spoken to; however many these are, of the others those stay that may have begun in the last minute (R6). */
  #dropOthers(device: number, epoch: number): void {
    const isOther = (run: number): boolean => this.#context.runs.epoch[run] !== epoch;
    const tooMany = this.#closedCount(device) - this.#maxClosed;
    this.#drop(
      device,
      Math.min(tooMany, this.#closedCount(device, isOther) - this.#context.options.maxNewRunsPerMinute),
      isOther,
    );
  }

  /** @returns the greatest index of those runs of the epoch that are known to have left the memory, -1 when there are none */
  lastIndexOf(device: number, epoch: number): number {
    const known = this.#names.get(device)?.get(epoch)?.lastIndex ?? -1;
    // the archive would have said so
    if (this.#context.options.archive !== undefined) return known;
    return Math.max(known, this.#nameless.get(device)?.lastIndex ?? -1);
  }

  /** @returns the greatest `first` of the same runs, -Infinity when there are none */
  greatestFirstOf(device: number, epoch: number): number {
    return this.#names.get(device)?.get(epoch)?.greatestFirst ?? Number.NEGATIVE_INFINITY;
  }

  /** The device is gone, or paged out as a whole. */
  forget(device: number): void {
    this.#names.delete(device);
    this.#nameless.delete(device);
    this.#stay.delete(device);
  }

  /** So many closed runs that pass leave the memory, the least recently heard first; of two heard at once the older one. */
  #drop(device: number, count: number, passes = (_: number): boolean => true): void {
    if (count <= 0) return;
    const { devices, runs } = this.#context;
    const found: number[] = [];
    for (let run = devices.int(device, SLOT.NEWEST); run >= 0; run = runs.older[run]!)
      if (passes(run) && this.#mayDrop(run)) found.push(run);
    const heard = (run: number): number => runs.at(run, ROW.LAST_ARRIVAL);
    found.reverse().sort((one, other) => heard(one) - heard(other));
    const newer = this.#newerOf(device);
    for (const run of found.slice(0, count)) this.#dropOne(device, run, newer);
  }

  /** Of each run of a device the next newer one: an epoch that was read back may have thousands, which are linked the other way only. */
  #newerOf(device: number): Map<number, number> {
    const { devices, runs } = this.#context;
    const newer = new Map<number, number>();
    for (let run = devices.int(device, SLOT.NEWEST); run >= 0; run = runs.older[run]!)
      newer.set(runs.older[run]!, run);
    return newer;
  }

  /** One that is to be read back must be in the archive as it is: nothing of it is on its way there, and no timer will change it. */
  #mayDrop(run: number): boolean {
    const { runs, options, archived } = this.#context;
    if (!runs.has(run, RUN_STATE.CLOSED) || runs.has(run, RUN_STATE.AWAITED)) return false;
    if (options.archive === undefined) return true;
    return !runs.isDirty(run) && runs.drainedInto[run]! <= archived && runs.at(run, ROW.MISSING) === 0;
  }

  #dropOne(device: number, run: number, newer: Map<number, number>): void {
    const { runs } = this.#context;
    const name = { lastIndex: runs.index[run]!, greatestFirst: runs.at(run, ROW.FIRST) };
    const epoch = runs.epoch[run]!;
    this.#closer.closeAll(run, runs.at(run, ROW.LAST_ARRIVAL));
    this.#unlink(device, run, newer);
    this.#ledger.release(run);
    this.#name(device, epoch, name);
    this.#forgetNames(device, (other) => this.#runNumbersOf(device, other).length > 0);
  }

  /** A run of this epoch is no longer in memory. */
  #name(device: number, epoch: number, name: Name): void {
    const names = this.#names.get(device) ?? new Map<number, Name>();
    this.#names.set(device, names);
    const known = joined(names.get(epoch), name);
    names.delete(epoch);
    names.set(epoch, known);
  }

  /**
   * Beyond the bound the oldest names go. To be called once for all that are new: each walk begins with what went before.
   * @param isPresent - whether an epoch has runs in memory: its name stays, since nobody would look for a run of it elsewhere
   */
  #forgetNames(device: number, isPresent: (epoch: number) => boolean): void {
    const names = this.#names.get(device)!;
    for (const [oldest, forgotten] of names) {
      if (names.size <= this.#maxNames) return;
      if (isPresent(oldest)) continue;
      names.delete(oldest);
      this.#nameless.set(device, joined(this.#nameless.get(device), forgotten));
    }
  }

  /** Of the numbered runs of an epoch that are in memory. */
  #runNumbersOf(device: number, epoch: number): number[] {
    const { devices, runs } = this.#context;
    const numbers: number[] = [];
    for (let run = devices.int(device, SLOT.NEWEST); run >= 0; run = runs.older[run]!)
      if (runs.epoch[run] === epoch && !runs.has(run, RUN_STATE.UNSEQUENCED))
        numbers.push(runs.at(run, ROW.RUN));
    return numbers;
  }

  #unlink(device: number, run: number, newerOf: Map<number, number>): void {
    const { devices, runs } = this.#context;
    const older = runs.older[run]!;
    const newer = newerOf.get(run);
    if (newer === undefined) {
      devices.setInt(device, SLOT.NEWEST, older);
      newerOf.delete(older);
    } else {
      runs.older[newer] = older;
      newerOf.set(older, newer);
    }
  }

  #closedCount(device: number, counts = (_: number): boolean => true): number {
    const { devices, runs } = this.#context;
    let closed = 0;
    for (let run = devices.int(device, SLOT.NEWEST); run >= 0; run = runs.older[run]!)
      if (runs.has(run, RUN_STATE.CLOSED) && counts(run)) closed++;
    return closed;
  }
}

/** What can be said of both. */
const joined = (known: Name | undefined, name: Name): Name => ({
  lastIndex: Math.max(name.lastIndex, known?.lastIndex ?? -1),
  greatestFirst: Math.max(name.greatestFirst, known?.greatestFirst ?? Number.NEGATIVE_INFINITY),
});
