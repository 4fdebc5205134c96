import type { RunSnapshot } from "../../protocol/batch.ts";
import { ROW, ROW_FLAG } from "../../protocol/ledger-row.ts";
import type { TrackerContext } from "./context.ts";
import { MARK, SLOT } from "./device-slot.ts";
import type { RestoreRuns } from "./restore-runs.ts";
import type { RunLedger } from "./run-ledger.ts";
import { RUN_STATE } from "./run-state.ts";

/** closed runs per device that stay in memory */
const MAX_CLOSED = 64;
/** epochs per device known by name only */
const MAX_NAMES = 4096;

/** What is known of the runs of an epoch that are no longer in memory. */
interface Name {
  /** the greatest index */
  lastIndex: number;
  /** none of them was heard up to its end since the start (RUN_STATE.CUT_OFF) */
  isCutOff: boolean;
}

/** Runs that lost their place to newer ones (R6): still accounted, kept in memory up to a bound, then read back from the archive. */
export class ClosedRuns {
  readonly #context: TrackerContext;
  readonly #ledger: RunLedger;
  readonly #restore: RestoreRuns;
  /** by device slot and epoch, oldest first */
  readonly #names = new Map<number, Map<number, Name>>();

  constructor(context: TrackerContext, ledger: RunLedger, restore: RestoreRuns) {
    this.#context = context;
    this.#ledger = ledger;
    this.#restore = restore;
  }

  /** Put a run out of its place; beyond the bound the least recently heard closed run leaves the memory. */
  close(run: number): void {
    const { runs } = this.#context;
    runs.setClosed(run, true);
    const device = runs.device[run]!;
    if (this.#closedCount(device) <= MAX_CLOSED) return;
    const oldest = this.leastRecent(device, (other) => this.#mayDrop(other));
    if (oldest >= 0) this.#drop(device, oldest);
  }

  /**
   * A device comes from the archive, with all its runs.
   * @param state - RUN_STATE bits of its runs
   * @returns those it is to have in memory; of the closed ones that are not, which miss nothing, the names are kept
   */
  restored(device: number, snapshots: readonly RunSnapshot[], state: number): readonly RunSnapshot[] {
    const closed = snapshots.filter(({ row }) => (row[ROW.FLAGS]! & ROW_FLAG.CLOSED) !== 0);
    if (closed.length <= MAX_CLOSED || this.#context.options.archive === undefined) return snapshots;
    closed.sort((one, other) => one.row[ROW.LAST_ARRIVAL]! - other.row[ROW.LAST_ARRIVAL]!);
    // an index of an epoch whose name is forgotten would be given again: of more than there are names the oldest stay
    const mayGo = closed.slice(0, -MAX_CLOSED).slice(-MAX_NAMES);
    const left = new Set(mayGo.filter(({ row }) => row[ROW.MISSING] === 0));
    const isCutOff = (state & RUN_STATE.CUT_OFF) !== 0;
    for (const { epoch, index } of left) this.#name(device, epoch ?? -1, index, isCutOff);
    return snapshots.filter((snapshot) => !left.has(snapshot));
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

  /** Bring the runs of an epoch that left the memory back, closed. @returns whether there were any */
  readBack(device: number, epoch: number): boolean {
    const { options, devices } = this.#context;
    const name = this.#names.get(device)?.get(epoch);
    if (name === undefined || options.archive === undefined) return false;
    const number = devices.mark(device, MARK.DEVICE);
    const snapshots = options.archive.loadEpoch(number, epoch < 0 ? null : epoch);
    if (snapshots === null) return false;
    this.#names.get(device)?.delete(epoch);
    // the one of datagrams without numbers has no epoch either, and never left
    const numbered = snapshots.filter(({ row }) => (row[ROW.FLAGS]! & ROW_FLAG.UNSEQUENCED) === 0);
    const state = RUN_STATE.CLOSED | (name.isCutOff ? RUN_STATE.CUT_OFF : 0);
    for (const snapshot of numbered) this.#restore.add(device, snapshot, state, 0);
    return numbered.length > 0;
  }

  /** @returns the greatest run index the epoch had when it left the memory, -1 when it did not */
  lastIndexOf(device: number, epoch: number): number {
    return this.#names.get(device)?.get(epoch)?.lastIndex ?? -1;
  }

  /** The device is gone, or paged out as a whole. */
  forget(device: number): void {
    this.#names.delete(device);
  }

  #mayDrop(run: number): boolean {
    const { runs, options, committed } = this.#context;
    const isCommitted = !runs.isDirty(run) && runs.drainedInto[run]! <= committed;
    return runs.has(run, RUN_STATE.CLOSED) && (options.archive === undefined || isCommitted);
  }

  #drop(device: number, run: number): void {
    const { runs } = this.#context;
    this.#name(device, runs.epoch[run]!, runs.index[run]!, runs.has(run, RUN_STATE.CUT_OFF));
    this.#ledger.closeAll(run, runs.at(run, ROW.LAST_ARRIVAL));
    this.#unlink(device, run);
    this.#ledger.release(run);
  }

  /** A run of this epoch and index is no longer in memory. */
  #name(device: number, epoch: number, index: number, isCutOff: boolean): void {
    const names = this.#names.get(device) ?? new Map<number, Name>();
    this.#names.set(device, names);
    const known = names.get(epoch);
    names.delete(epoch);
    names.set(epoch, {
      lastIndex: Math.max(index, known?.lastIndex ?? -1),
      isCutOff: isCutOff && known?.isCutOff !== false,
    });
    if (names.size > MAX_NAMES) names.delete(names.keys().next().value!);
  }

  #unlink(device: number, run: number): void {
    const { devices, runs } = this.#context;
    const older = runs.older[run]!;
    let newer = devices.int(device, SLOT.NEWEST);
    if (newer === run) {
      devices.setInt(device, SLOT.NEWEST, older);
      return;
    }
    while (runs.older[newer] !== run) newer = runs.older[newer]!;
    runs.older[newer] = older;
  }

  #closedCount(device: number): number {
    const { devices, runs } = this.#context;
    let closed = 0;
    for (let run = devices.int(device, SLOT.NEWEST); run >= 0; run = runs.older[run]!)
      if (runs.has(run, RUN_STATE.CLOSED)) closed++;
    return closed;
  }
}
