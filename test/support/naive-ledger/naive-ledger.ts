import type { Arrival, TrackerOptions, TrackerSink } from "../../../collector/tracker/types.ts";
import { takeControl } from "./control.ts";
import { takeData, takeUnsequenced } from "./data.ts";
import type { NaiveDatagram, NaiveDevice, Outcome } from "./device.ts";
import { deviceFor, withoutDevice } from "./devices.ts";
import { NaiveEvidence } from "./kernel-evidence.ts";
import { cannotExtend, extend } from "./numbers.ts";
import { runsThatMayOwn } from "./owners.ts";
import { NaivePaths } from "./paths.ts";
import { ask } from "./recovery.ts";
import { start, stop } from "./restart.ts";
import { judge } from "./send-time.ts";
import { hearSource, isElsewhere, pathOf, sourceOf } from "./sources.ts";
import type { NaiveState } from "./state.ts";
import { tick } from "./windows.ts";

/**
 * The ledger a second time, written from docs/ledger.md alone: slow, with Sets, Maps, arrays and objects, its steps in the order and
 * under the numbers of that page. Property tests compare the tracker with it. This is what happens to it; where the rules are:
 *
 * - step 2 `devices.ts`, 3 `owners.ts`, 4 `data.ts` (what a run believes: `numbers.ts`, how it takes it: `acceptance.ts`), 5 `reused.ts`,
 *   6 `held.ts`, 7 `new-run.ts` and `current.ts`; send times `send-time.ts`, sources `sources.ts`
 * - control datagrams `control.ts`, recovery `recovery.ts`, windows `windows.ts`, a stop and a start `restart.ts`
 * - gaps, causes and bounds `gaps.ts`, the kernel's counters `kernel-evidence.ts`, paths `paths.ts`
 * - what is known: `state.ts` of the whole, `device.ts`, `run.ts`
 */
export class NaiveLedger {
  readonly #state: NaiveState;

  /** @param beganMs - when listening began, monotonic */
  constructor(
    options: TrackerOptions,
    sink: TrackerSink,
    hit: (rule: string) => void,
    recovers: boolean,
    beganMs: number,
  ) {
    this.#state = {
      options,
      sink,
      hit,
      recovers,
      devices: new Map(),
      nextDevice: 1,
      nextRun: 1,
      gapsOpened: 0,
      breaks: 0,
      restartedAtMs: undefined,
      evidence: new NaiveEvidence(beganMs),
      paths: new NaivePaths(options.paths ?? [0]),
    };
  }

  get devices(): ReadonlyMap<string, NaiveDevice> {
    return this.#state.devices;
  }

  get paths(): NaivePaths {
    return this.#state.paths;
  }

  accept(datagram: NaiveDatagram, arrival: Arrival): Outcome {
    const ledger = this.#state;
    const device = deviceFor(ledger, datagram); // step 2
    if (device === null) return withoutDevice(ledger, datagram);
    const data = judge(ledger, device, datagram, arrival);
    const path = pathOf(ledger, arrival);
    hearSource(device, sourceOf(arrival), arrival.nowMs, path);
    const outcome =
      datagram.kind !== "data"
        ? takeControl(ledger, data)
        : datagram.sequence === null
          ? takeUnsequenced(ledger, data)
          : takeData(ledger, data);
    device.breaksWhenHeard = ledger.breaks;
    device.heardBy.add(arrival.listener);
    const canAnswer = datagram.epoch !== null && !isElsewhere(device, sourceOf(arrival), path);
    device.canBeAsked = canAnswer || device.canBeAsked === true;
    return outcome;
  }

  /** Step 1, R1: no room. Evidence for the runs that are known. */
  shed(datagram: NaiveDatagram, arrival: Arrival): void {
    const ledger = this.#state;
    const device = ledger.devices.get(datagram.device);
    if (device === undefined || datagram.kind !== "data" || datagram.sequence === null) return;
    const data = judge(ledger, device, datagram, arrival);
    const run = runsThatMayOwn(ledger, data)[0];
    if (run === undefined || cannotExtend(run, data)) return;
    ledger.hit("R1 shed number remembered");
    run.shed.add(extend(run, data));
  }

  /** R9, and the time limit of step 6. */
  tick(nowMs: number, drainedAtMs: number, wallUs: number): void {
    tick(this.#state, nowMs, drainedAtMs, wallUs);
  }

  /** The kernel's counters were read. */
  readDrops(nowMs: number, drainedAtMs: number, drops: (number | null)[]): void {
    this.#state.evidence.read(nowMs, drainedAtMs, drops);
  }

  /** Something from there could not be decoded. */
  reject(arrival: Arrival): void {
    this.#state.evidence.reject(sourceOf(arrival), arrival.nowMs);
  }

  /** A NACK named everything the device can be asked for. */
  ask(id: string, port: number, nowMs: number): void {
    ask(this.#state, id, port, nowMs);
  }

  /** A listener was not OK for a while. */
  listenersBroke(): void {
    this.#state.breaks += 1;
  }

  /** The collector stops in an orderly way. */
  stop(): void {
    stop(this.#state);
  }

  /** It starts again from what was committed. */
  start(nowMs: number): void {
    start(this.#state, nowMs);
  }
}
