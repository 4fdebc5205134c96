import type { LiveCommit, LiveGap, LiveListener, LiveRun, LiveSource, RunOwner } from "../../api/sources.ts";
import type { Store } from "../../db/store.ts";
import type { LedgerChange } from "../../db/view/change.ts";
import type { LedgerView } from "../../db/view/ledger-view.ts";
import { arrivalBin } from "../../protocol/arrival-bin.ts";
import { OP, OP_CODE, OP_FIELDS } from "../../protocol/batch.ts";
import { CAUSE, CAUSES } from "../../protocol/ledger-row.ts";

/** The store as the live feed sees it; `stop` before the store closes. */
export class StoreLiveSource implements LiveSource {
  readonly file: string;
  readonly #view: LedgerView;
  #listener: LiveListener | undefined;

  constructor(store: Store, file: string) {
    this.file = file;
    this.#view = store.view;
    store.on("commit", (change, gapOps) => this.#listener?.committed(new Commit(change, gapOps)));
  }

  get flush(): number {
    return this.#view.flush;
  }

  listen(listener: LiveListener): void {
    this.#listener = listener;
  }

  async stop(): Promise<void> {
    await this.#listener?.closing();
  }

  runOwner(run: number): RunOwner | undefined {
    return this.#view.runOwner(run);
  }

  describeRun(run: number): LiveRun | undefined {
    return describeRun(this.#view, run);
  }
}

/** A run by the names it has outside; undefined when its device is forgotten. */
export const describeRun = (view: LedgerView, run: number): LiveRun | undefined => {
  const owner = view.runOwner(run);
  const device = owner === undefined ? undefined : view.device(owner.device);
  if (owner === undefined || device === undefined) return undefined;
  const names = device.namesIn(owner.epoch ?? -1);
  return {
    ...owner,
    deviceNumber: device.number,
    names: new Map(names.map(({ channel, name }) => [channel, name])),
  };
};

/** Looked into only when somebody watches. */
class Commit implements LiveCommit {
  readonly #change: LedgerChange;
  readonly #gapOps: Float64Array;

  constructor(change: LedgerChange, gapOps: Float64Array) {
    this.#change = change;
    this.#gapOps = gapOps;
  }

  get flush(): number {
    return this.#change.flush;
  }

  get committedAtUs(): number {
    return this.#change.committedAtUs;
  }

  get newRuns(): number[] {
    return this.#change.notes.flatMap((note) => (note.note === "run" ? [note.run] : []));
  }

  get changedDevices(): number[] {
    const devices = new Set<number>();
    for (const note of this.#change.notes)
      if (note.note === "channel" || note.note === "forgotten") devices.add(note.device);
    return [...devices];
  }

  get gaps(): LiveGap[] {
    const gaps: LiveGap[] = [];
    for (let at = 0; at < this.#gapOps.length; at += OP_FIELDS)
      gaps.push(gapOf(this.#gapOps.subarray(at, at + OP_FIELDS)));
    return gaps;
  }
}

const gapOf = (op: Float64Array): LiveGap => {
  const code = op[OP.CODE]!;
  const requests = op[OP.REQUESTS]!;
  return {
    run: op[OP.RUN]!,
    first: op[OP.FIRST]!,
    last: op[OP.LAST]!,
    arrival: code === OP_CODE.LOST ? null : arrivalBin(code === OP_CODE.FILL_LOST, requests),
    cause: CAUSES[op[OP.CAUSE]!] ?? CAUSES[CAUSE.UNDETERMINED]!,
    openedAtUs: op[OP.OPENED_AT]!,
    atUs: op[OP.AT]!,
    requests,
  };
};
