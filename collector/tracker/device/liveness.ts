import { TokenBucket } from "../../../common/token-bucket.ts";
import {
  DEVICE_STATUSES,
  type Downtime,
  deviceStatus,
  isHeardAhead,
  silenceBetweenUs,
  silenceUs,
  silentFromUs,
} from "../../../protocol/device-status.ts";
import { ROW, ROW_FIELDS, ROW_FLAG } from "../../../protocol/ledger-row.ts";
import type { TrackerContext } from "../context.ts";
import { runHeardOn } from "../run/run-heard.ts";
import { MARK } from "./device-slot.ts";

/** every device is looked at once in that time */
const ROUND_MS = 1000;
/** events about single devices, beyond which changes are only counted */
const EVENTS_PER_SECOND = 10;
const EVENT_BURST = 100;
/** how often what was only counted is told */
const SUMMARY_MS = 10_000;

/**
 * Says when the status of a device changes (docs/ledger.md, "Status"). The status itself is `deviceStatus` of the device's row, as the API gives it: here is only remembered
 * what was said last. Devices are looked at in turn, never because of a datagram.
 */
export class Liveness {
  readonly #context: TrackerContext;
  /** number of the device a slot's status is of, 0 = none */
  readonly #device: Float64Array;
  /** index into DEVICE_STATUSES */
  readonly #status: Uint8Array;
  /** since when the device was silent, as it was looked at last while it was; microseconds */
  readonly #silentFromUs: Float64Array;
  readonly #bucket = new TokenBucket(EVENTS_PER_SECOND, EVENT_BURST, 0);
  #down: Downtime | null = null;
  #listeningSinceUs = 0;
  #next = 0;
  #lookedAtMs = 0;
  /** changes that were only counted, by the new status */
  readonly #untold = new Uint32Array(DEVICE_STATUSES.length);
  #summaryDueMs = 0;
  /** ledger row of the run that is looked at */
  readonly #row = new Float64Array(ROW_FIELDS);

  constructor(context: TrackerContext) {
    this.#context = context;
    this.#device = new Float64Array(context.options.maxDevices);
    this.#status = new Uint8Array(context.options.maxDevices);
    this.#silentFromUs = new Float64Array(context.options.maxDevices);
  }

  /**
   * Listening begins now.
   * @param nowMs - monotonic
   * @param wallUs - the same instant
   * @param down - the time before it in which nobody listened; null = nothing was known before
   */
  begin(nowMs: number, wallUs: number, down: Downtime | null): void {
    this.#down = down;
    this.#listeningSinceUs = wallUs;
    this.#lookedAtMs = nowMs;
  }

  /**
   * Look at the devices whose turn it is.
   * @param nowMs - monotonic
   * @param heardUntilUs - wall clock: everything that had arrived before it has been seen
   * @param maxEvents - 1 or more; devices beyond it have their turn at the next call
   * @returns whether there was an event
   */
  check(nowMs: number, heardUntilUs: number, maxEvents: number): boolean {
    const { slotEnd } = this.#context.devices;
    const share = Math.min(1, (nowMs - this.#lookedAtMs) / ROUND_MS);
    this.#lookedAtMs = nowMs;
    let events = this.#summarize(nowMs, heardUntilUs);
    for (let left = Math.ceil(slotEnd * share); left > 0 && events < maxEvents; left--) {
      if (this.#next >= slotEnd) this.#next = 0;
      events += this.#look(this.#next++, nowMs, heardUntilUs);
    }
    return events > 0;
  }

  #look(slot: number, nowMs: number, atUs: number): number {
    const { devices, runs } = this.#context;
    if (!devices.isUsed(slot)) return 0;
    const run = runHeardOn(this.#context, slot);
    if (run < 0) return 0;
    runs.readRow(run, this.#row, 0);
    // what is known of it stays: once it speaks it may never have been silent
    if (isHeardAhead(this.#row, atUs)) return 0;
    const device = devices.mark(slot, MARK.DEVICE);
    if (this.#device[slot] !== device) {
      this.#device[slot] = device;
      // as it was when it was heard last, or when listening began: what it was before is no news
      const knownUs = Math.max(this.#listeningSinceUs, runs.at(run, ROW.LAST_ARRIVAL));
      this.#status[slot] = this.#judge(Math.min(atUs, knownUs));
    }
    const status = this.#judge(atUs);
    const before = this.#status[slot]!;
    if (status !== ONLINE) this.#silentFromUs[slot] = silentFromUs(this.#row);
    if (status === before) return 0;
    this.#status[slot] = status;
    // the event `end` has said so; what cannot be judged is no news
    if (runs.hasFlag(run, ROW_FLAG.ENDED) || status === UNKNOWN) return 0;
    return this.#tell(slot, run, before, nowMs, atUs);
  }

  #judge(atUs: number): number {
    return DEVICE_STATUSES.indexOf(deviceStatus(this.#row, atUs, this.#down));
  }

  /** The new status of a device. @param before - its status so far */
  #tell(slot: number, run: number, before: number, nowMs: number, atUs: number): number {
    const status = this.#status[slot]!;
    if (this.#bucket.take(nowMs) > 0) {
      if (this.#untold.every((count) => count === 0)) this.#summaryDueMs = nowMs + SUMMARY_MS;
      this.#untold[status] = this.#untold[status]! + 1;
      return 0;
    }
    const { devices, runs, sink } = this.#context;
    const silentUs =
      status === ONLINE ? this.#silenceBefore(slot, run) : silenceUs(this.#row, atUs, this.#down);
    const intervalUs = runs.at(run, ROW.INTERVAL);
    sink.event(atUs, EVENT_STATUSES[status]!, devices.mark(slot, MARK.DEVICE), {
      from: DEVICE_STATUSES[before]!,
      silenceSeconds: Math.max(0, silentUs) / 1e6,
      intervalSeconds: intervalUs > 0 ? intervalUs / 1e6 : null,
    });
    return 1;
  }

  /** How long nothing was heard of a device that came back, maybe in another run, until the datagram that broke the silence. */
  #silenceBefore(slot: number, run: number): number {
    const { runs } = this.#context;
    const fromUs = this.#silentFromUs[slot]!;
    const firstUs = [runs.at(run, ROW.FIRST_ARRIVAL), runs.backAtUs[run]!].find((us) => us > fromUs);
    return silenceBetweenUs(fromUs, firstUs ?? runs.at(run, ROW.LAST_ARRIVAL), this.#down);
  }

  #summarize(nowMs: number, atUs: number): number {
    if (nowMs < this.#summaryDueMs || this.#untold.every((count) => count === 0)) return 0;
    const [online, stale, offline] = this.#untold;
    this.#context.sink.event(atUs, "status-changes", null, { online, stale, offline });
    this.#untold.fill(0);
    return 1;
  }
}

const EVENT_STATUSES = ["online", "stale", "offline"] as const;
const ONLINE = DEVICE_STATUSES.indexOf("online");
const UNKNOWN = DEVICE_STATUSES.indexOf("unknown");
