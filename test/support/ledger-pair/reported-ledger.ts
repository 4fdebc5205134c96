import type { DeviceSnapshot, RunSnapshot } from "../../../protocol/batch.ts";
import { ROW, receivedOf } from "../../../protocol/ledger-row.ts";

export interface Range {
  first: number;
  last: number;
  state: "open" | "lost";
  cause: number;
  openedAt: number;
  timeBefore: number;
  timeAfter: number;
  requests: number;
}

const emptyCounts = () => ({ datagrams: 0, control: 0, shed: 0, unsequenced: 0, rejected: 0, held: 0 });

/** What the tracker reported, kept as the database keeps it. */
export class ReportedLedger {
  readonly devices = new Map<number, { id: string; source: string }>();
  readonly runs = new Map<number, { device: number; epoch: number | null; index: number }>();
  readonly rows = new Map<number, Float64Array>();
  readonly lost = new Map<number, Range[]>();
  readonly open = new Map<number, Range[]>();
  /** what became of each datagram */
  readonly counts = emptyCounts();
  /** of devices that were forgotten: their bins are no longer told apart */
  readonly forgotten = { received: 0, duplicates: 0, redundant: 0 };
  nextDevice = 1;
  nextRun = 1;

  copy(): ReportedLedger {
    return Object.assign(new ReportedLedger(), structuredClone({ ...this }));
  }

  addDevice(device: number, id: string): void {
    this.devices.set(device, { id, source: "" });
    this.nextDevice = device + 1;
  }

  addRun(run: number, device: number, epoch: number | null, index: number): void {
    this.runs.set(run, { device, epoch, index });
    this.lost.set(run, []);
    this.open.set(run, []);
    this.nextRun = run + 1;
  }

  forget(device: number): void {
    this.devices.delete(device);
    for (const [run, known] of this.runs) if (known.device === device) this.#forgetRun(run);
  }

  #forgetRun(run: number): void {
    const row = this.rows.get(run);
    if (row !== undefined) {
      this.forgotten.received += receivedOf(row, 0);
      this.forgotten.duplicates += row[ROW.DUPLICATES]!;
      this.forgotten.redundant += row[ROW.REDUNDANT]!;
    }
    for (const map of [this.runs, this.rows, this.lost, this.open]) map.delete(run);
  }

  /** @param time - of the number that arrived: it is a neighbour of what is left */
  fill(run: number, number: number, time: number): void {
    const ranges = this.lost.get(run) ?? [];
    const range = ranges.find(({ first, last }) => first <= number && number <= last);
    if (range === undefined)
      throw new RangeError(`run ${run}: ${number} was not lost, but is said to be filled`);
    ranges.splice(ranges.indexOf(range), 1);
    if (range.first < number) ranges.push({ ...range, last: number - 1, timeAfter: time });
    if (number < range.last) ranges.push({ ...range, first: number + 1, timeBefore: time });
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
    return { epoch, index, row: this.rows.get(run)!.slice(), absent: this.absentOf(run) };
  }
}
