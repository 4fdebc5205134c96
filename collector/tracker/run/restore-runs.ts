import type { RunSnapshot } from "../../../protocol/batch.ts";
import { CAUSE, ROW, ROW_FLAG } from "../../../protocol/ledger-row.ts";
import type { TrackerContext } from "../context.ts";
import { MARK, SLOT } from "../device/device-slot.ts";
import { countGaps } from "../gap/count-gaps.ts";
import { GAP, GAP_STATE } from "../gap/gap-fields.ts";
import { GapList } from "../gap/gap-list.ts";
import { RUN_STATE } from "./run-state.ts";

/** Makes runs in memory of what the database knows of them. */
export class RestoreRuns {
  readonly #context: TrackerContext;
  /** runs with windows that were cut by the stop: they run anew once listening begins */
  #cut: number[] = [];

  constructor(context: TrackerContext) {
    this.#context = context;
  }

  /**
   * @param openUntilMs - new deadline of gaps whose window was running; +Infinity = `reopen` will tell it
   */
  add(device: number, snapshots: readonly RunSnapshot[], openUntilMs: number): void {
    this.#link(
      device,
      snapshots.map((snapshot) => this.#add(device, snapshot, openUntilMs)),
    );
  }

  /** Listening begins: the windows that were cut by the stop run anew (R14 c). */
  reopen(openUntilMs: number): void {
    const { runs, windows } = this.#context;
    for (const run of this.#cut) {
      const gaps = runs.gaps[run];
      if (gaps == null) continue;
      for (let index = 0; index < gaps.count; index++)
        if (gaps.isOpen(index)) gaps.set(index, GAP.DEADLINE, openUntilMs);
      windows.schedule(run, gaps.earliestDeadline());
    }
    this.#cut = [];
  }

  /** @returns its slot, not linked yet */
  #add(device: number, snapshot: RunSnapshot, openUntilMs: number): number {
    const { runs, devices, heard } = this.#context;
    const number = snapshot.row[ROW.RUN]!;
    const deviceNumber = devices.mark(device, MARK.DEVICE);
    const run = runs.add(number, deviceNumber, device, snapshot.epoch ?? -1, snapshot.index);
    runs.putRow(run, snapshot.row);
    runs.highTime[run] = highTimeOf(snapshot.row);
    const isUnsequenced = runs.hasFlag(run, ROW_FLAG.UNSEQUENCED);
    if (isUnsequenced) devices.setInt(device, SLOT.UNSEQUENCED, run);
    const isCutOff = !isUnsequenced && !heard.has(number);
    runs.state[run] =
      (isUnsequenced ? RUN_STATE.UNSEQUENCED : 0) |
      (isCutOff ? RUN_STATE.CUT_OFF : 0) |
      (runs.hasFlag(run, ROW_FLAG.CLOSED) ? RUN_STATE.CLOSED : 0);
    if (runs.hasFlag(run, ROW_FLAG.CURRENT)) devices.setInt(device, SLOT.CURRENT, run);
    if (snapshot.absent.length > 0) this.#restoreGaps(run, snapshot, openUntilMs);
    return run;
  }

  /** Runs are linked by when they became known, which is the order of their numbers. One walk for all: there may be thousands, and as many newer ones. */
  #link(device: number, added: number[]): void {
    const { runs, devices } = this.#context;
    const numberOf = (run: number): number => runs.at(run, ROW.RUN);
    let newer = -1;
    let older = devices.int(device, SLOT.NEWEST);
    for (const run of added.sort((one, other) => numberOf(other) - numberOf(one))) {
      while (older >= 0 && numberOf(older) > numberOf(run)) {
        newer = older;
        older = runs.older[older]!;
      }
      runs.older[run] = older;
      if (newer < 0) devices.setInt(device, SLOT.NEWEST, run);
      else runs.older[newer] = run;
      newer = run;
    }
  }

  #restoreGaps(run: number, snapshot: RunSnapshot, openUntilMs: number): void {
    const { runs, windows, openWindows } = this.#context;
    const gaps = new GapList();
    runs.gaps[run] = gaps;
    for (const range of snapshot.absent) {
      const isOpen = range.state === "open";
      // cut by the stop (R14 c): whatever becomes of it, we were not there
      const cause = isOpen ? CAUSE.COLLECTOR_DOWN : range.cause;
      const state = isOpen ? GAP_STATE.CUT : GAP_STATE.LOST;
      const { first, last, openedAt, timeBefore, timeAfter, requests } = range;
      gaps.insert(first, last, state, cause, openedAt, openUntilMs, timeBefore, timeAfter, requests);
    }
    countGaps(this.#context, run, gaps.count);
    if (gaps.openCount === 0) return;
    openWindows.changed(run, gaps.openCount);
    if (openUntilMs === Number.POSITIVE_INFINITY) this.#cut.push(run);
    else windows.schedule(run, openUntilMs);
  }
}

/**
 * When its high water was sent, or else came: what is absent behind it is placed in time from there on. Its send time is not stored, but the greatest of the
 * run is: that is the same, or that of a control datagram after it.
 */
const highTimeOf = (row: Float64Array): number => row[ROW.MAX_SEND_TIME]! || row[ROW.HIGH_WATER_AT]!;
