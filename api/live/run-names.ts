import type { LiveRun } from "../sources.ts";

/** asked for at once; the main thread answers as many of them as it has time for, one at least */
const ASKED_AT_ONCE = 1000;
/** beyond it all are forgotten and asked for again as they come */
const MOST_RUNS = 300_000;

/**
 * Device, epoch and channel names of runs, as the main thread tells them; kept until something of the device changes. Whoever tells of runs
 * learns them all first, in one call: the next one may forget any.
 */
export class RunNames {
  readonly #known = new Map<number, LiveRun>();
  readonly #runsOfDevice = new Map<number, number[]>();
  readonly #ask: (runs: readonly number[]) => Promise<readonly (LiveRun | null)[]>;
  readonly #mostRuns: number;

  /**
   * @param ask - answers the first of the runs, one at least; null for one whose device is forgotten
   * @param mostRuns - fewer for tests
   */
  constructor(
    ask: (runs: readonly number[]) => Promise<readonly (LiveRun | null)[]>,
    mostRuns: number = MOST_RUNS,
  ) {
    this.#ask = ask;
    this.#mostRuns = mostRuns;
  }

  /** What was learned of a run; undefined when it is forgotten. */
  of(run: number): LiveRun | undefined {
    return this.#known.get(run);
  }

  /** Make sure that every one of these is known that can be. */
  async learn(runs: Iterable<number>): Promise<void> {
    if (this.#known.size > this.#mostRuns) {
      this.#known.clear();
      this.#runsOfDevice.clear();
    }
    const unknown = Array.from(runs).filter((run) => !this.#known.has(run));
    for (let at = 0; at < unknown.length; ) {
      const answered = await this.#ask(unknown.slice(at, at + ASKED_AT_ONCE));
      for (const run of answered) {
        if (run !== null) this.#add(unknown[at]!, run);
        at++;
      }
    }
  }

  forget(devices: readonly number[]): void {
    for (const device of devices) {
      for (const run of this.#runsOfDevice.get(device) ?? []) this.#known.delete(run);
      this.#runsOfDevice.delete(device);
    }
  }

  #add(run: number, description: LiveRun): void {
    this.#known.set(run, description);
    const runs = this.#runsOfDevice.get(description.deviceNumber);
    if (runs === undefined) this.#runsOfDevice.set(description.deviceNumber, [run]);
    else runs.push(run);
  }
}
