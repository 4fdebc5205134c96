import type { AskableGaps } from "../../../collector/tracker/gap/askable-gaps.ts";
import { GAP, GAP_STATE } from "../../../collector/tracker/gap/gap-fields.ts";
import type { Arrival, Recoverer } from "../../../collector/tracker/types.ts";

/** Wants everything that can be asked for, and asks when the script says so: the timing of the real one is tested elsewhere. */
export class ScriptedRecoverer implements Recoverer {
  readonly #devices = new Set<number>();
  readonly #asked = new Map<number, { port: number; atMs: number }>();

  isReturnPath(): boolean {
    return true;
  }

  windowOver(device: number, _listener: number, requests: number, nowMs: number): number {
    this.#devices.add(device);
    return requests >= 10 ? -1 : nowMs;
  }

  answered(): void {
    // the script decides what is answered
  }

  wasAsked(device: number, from: Arrival | null, nowMs: number): boolean {
    const asked = this.#asked.get(device);
    if (asked === undefined || nowMs - asked.atMs > 10_000) return false;
    return from === null || from.port === asked.port;
  }

  forget(device: number): void {
    this.#devices.delete(device);
    this.#asked.delete(device);
  }

  /** A NACK for every range of the device; after ten of them it is waited for a moment, and no longer. */
  ask(gaps: AskableGaps, id: string, port: number, nowMs: number): void {
    const device = [...this.#devices].find((slot) => Buffer.from(gaps.idBytes(slot)).toString() === id);
    if (device === undefined) return;
    for (let run = gaps.nextRun(device, -1); run >= 0; run = gaps.nextRun(device, run)) {
      const list = gaps.gapsOf(run);
      for (let index = 0; index < list.count; index++) {
        if (list.get(index, GAP.STATE) !== GAP_STATE.ASKED) continue;
        gaps.named(run, index, nowMs, nowMs);
        if (list.get(index, GAP.REQUESTS) >= 10) gaps.giveUp(run, index, nowMs + 100);
        this.#asked.set(device, { port, atMs: nowMs });
      }
    }
  }
}
