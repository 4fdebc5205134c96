import type { DeviceSnapshot, RunSnapshot } from "../../protocol/batch.ts";
import { ROW } from "../../protocol/ledger-row.ts";

export interface Range {
  first: number;
  last: number;
  state: "open" | "lost";
  cause: number;
  openedAt: number;
}

/** What the tracker reported, kept as the database keeps it. */
export class ReportedLedger {
  readonly devices = new Map<number, { id: string; source: string }>();
  readonly runs = new Map<number, { device: number; epoch: number | null; index: number }>();
  readonly rows = new Map<number, Float64Array>();
  readonly lost = new Map<number, Range[]>();
  readonly open = new Map<number, Range[]>();

  forget(device: number): void {
    this.devices.delete(device);
    for (const [run, known] of this.runs) if (known.device === device) this.#forgetRun(run);
  }

  #forgetRun(run: number): void {
    for (const map of [this.runs, this.rows, this.lost, this.open]) map.delete(run);
  }

  addLost(run: number, first: number, last: number, openedAt: number, cause: number): void {
    this.lost.get(run)?.push({ first, last, state: "lost", cause, openedAt });
  }

  fill(run: number, number: number): void {
    const ranges = this.lost.get(run) ?? [];
    const range = ranges.find(({ first, last }) => first <= number && number <= last);
    if (range === undefined)
      throw new RangeError(`run ${run}: ${number} was not lost, but is said to be filled`);
    ranges.splice(ranges.indexOf(range), 1);
    if (range.first < number) ranges.push({ ...range, last: number - 1 });
    if (number < range.last) ranges.push({ ...range, first: number + 1 });
  }

  /** absent ranges at or above the floor, ascending */
  absentOf(run: number): Range[] {
    const floor = this.rows.get(run)?.[ROW.FLOOR] ?? 0;
    return [...(this.lost.get(run) ?? []), ...(this.open.get(run) ?? [])]
      .filter(({ first }) => first >= floor)
      .sort((a, b) => a.first - b.first);
  }

  snapshotOf(device: number): DeviceSnapshot {
    const { id, source } = this.devices.get(device)!;
    const runs = [...this.runs].filter(([, known]) => known.device === device);
    return { device, id, source, channels: [], runs: runs.map(([run]) => this.runSnapshot(run)) };
  }

  runSnapshot(run: number): RunSnapshot {
    const { epoch, index } = this.runs.get(run)!;
    const absent = this.absentOf(run).map((range) => ({ ...range, timeBefore: 0, timeAfter: 0 }));
    return { epoch, index, row: this.rows.get(run)!.slice(), absent };
  }
}
