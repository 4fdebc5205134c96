import type { DeviceSnapshot } from "../../../protocol/batch.ts";
import type { Datagram } from "../../../protocol/datagram.ts";
import { CAUSE, ROW, ROW_FLAG } from "../../../protocol/ledger-row.ts";
import type { TrackerContext } from "../context.ts";
import { MARK, SLOT } from "../device/device-slot.ts";
import { ProvisionalQueue } from "../device/provisional-queue.ts";
import type { Sources } from "../device/sources.ts";
import { elapsedUs } from "../elapsed.ts";
import type { ClosedRuns } from "../run/closed-runs.ts";
import type { RunLedger } from "../run/run-ledger.ts";
import type { Arrival } from "../types.ts";
import type { Holds } from "./holds.ts";

/** a confirmed device silent for so long may be paged out */
const IDLE_US = 60_000_000;
/** slots looked at for an idle device before a new one is refused: bounded work per datagram */
const LOOK_AT = 64;
/** provisional devices do not push each other out below so many, and below that part of all, while an idle one can be paged out */
const LEAST_PROVISIONAL = 16;
const PROVISIONAL_PART = 1 / 16;

interface Parts {
  ledger: RunLedger;
  closed: ClosedRuns;
  holds: Holds;
  sources: Sources;
}

/** Which devices are in memory (R16): new ones are provisional; idle confirmed ones are paged out, and the oldest provisional one is forgotten, to make room. */
export class Admission {
  readonly #context: TrackerContext;
  readonly #parts: Parts;
  readonly #provisional: ProvisionalQueue;
  readonly #fewProvisional: number;
  /** paged-out devices: 53 bits of their id to the number of listener breaks when last heard, 0 = not since the start */
  readonly #paged = new Map<number, number>();
  /** those of them that spoke when there was no room */
  readonly #refused = new Set<number>();
  /** where the search for an idle device goes on */
  #hand = 0;
  readonly #decoder = new TextDecoder("utf-8", { ignoreBOM: true });
  readonly #encoder = new TextEncoder();

  constructor(context: TrackerContext, parts: Parts) {
    this.#context = context;
    this.#parts = parts;
    const { maxDevices } = context.options;
    this.#provisional = new ProvisionalQueue(maxDevices);
    this.#fewProvisional = Math.max(LEAST_PROVISIONAL, maxDevices * PROVISIONAL_PART);
  }

  /** @returns the slot of a device that is not in memory, read back or new; -1 when there is no room for one (`device-limit`) */
  admit(datagram: Datagram, arrival: Arrival): number {
    const { devices, options, sink } = this.#context;
    const isRefused = this.#areNumbersUsedUp && !this.isPaged(datagram);
    if (isRefused || (devices.count >= options.maxDevices && !this.#makeRoom(arrival))) {
      this.#noteRefused(datagram);
      return -1;
    }
    const paged = this.#pageIn(datagram);
    if (paged >= 0 || this.#areNumbersUsedUp) return paged;
    const number = this.#context.deviceNumbers.take();
    const slot = devices.add(datagram.idView, datagram.idOffset, datagram.idLength, number);
    this.#provisional.push(slot);
    sink.deviceCreated(number, this.#decoder.decode(devices.idBytes(slot)));
    return slot;
  }

  /** A second consecutive number: the device is no longer provisional. */
  confirm(slot: number): void {
    const { devices, runs } = this.#context;
    devices.setInt(slot, SLOT.CONFIRMED, 1);
    this.#provisional.remove(slot);
    for (let run = devices.int(slot, SLOT.NEWEST); run >= 0; run = runs.older[run]!) {
      runs.setFlag(run, ROW_FLAG.CONFIRMED, true);
      runs.touch(run);
    }
  }

  /** Bring a device of the database into memory. @param openUntilMs - see RestoreRuns.add */
  restore(snapshot: DeviceSnapshot, openUntilMs: number, breaks: number): number {
    const { devices, options } = this.#context;
    const id = this.#encoder.encode(snapshot.id);
    const slot = devices.add(viewOf(id), 0, id.length, snapshot.device);
    devices.setInt(slot, SLOT.BREAKS, breaks);
    // the run that shows it may be one of those that stay in the database
    const isConfirmed = snapshot.runs.some(({ row }) => (row[ROW.FLAGS]! & ROW_FLAG.CONFIRMED) !== 0);
    if (isConfirmed) devices.setInt(slot, SLOT.CONFIRMED, 1);
    else this.#provisional.push(slot);
    this.#parts.sources.restore(slot, snapshot.source);
    const { closed } = this.#parts;
    closed.restore(slot, snapshot.runs, openUntilMs);
    while (closed.openCount(slot) > options.maxOpenRuns)
      closed.close(closed.leastRecent(slot, (run) => closed.mayClose(slot, run)));
    return slot;
  }

  /** The device stays in the database until it speaks. */
  leaveOut(id: string): void {
    const bytes = this.#encoder.encode(id);
    this.#paged.set(this.#context.devices.wideHash(viewOf(bytes), 0, bytes.length), 0);
  }

  /** Not all that it lacks was sent while we were down. */
  #noteRefused({ idView, idOffset, idLength }: Datagram): void {
    if (this.#paged.size === 0) return;
    const name = this.#context.devices.wideHash(idView, idOffset, idLength);
    if (this.#paged.has(name)) this.#refused.add(name);
  }

  /** A new device takes one of each. */
  get #areNumbersUsedUp(): boolean {
    const { deviceNumbers, runNumbers } = this.#context;
    return deviceNumbers.isUsedUp || runNumbers.isUsedUp;
  }

  /** Whether the device is known and not in memory. */
  isPaged({ idView, idOffset, idLength }: Datagram): boolean {
    return (
      this.#paged.size > 0 && this.#paged.has(this.#context.devices.wideHash(idView, idOffset, idLength))
    );
  }

  /** Few provisional devices may all be real ones that begin: they would push each other out for ever. Many may be forged, for which none is paged out. */
  #makeRoom(arrival: Arrival): boolean {
    if (this.#provisional.count < this.#fewProvisional && this.#pageOutOne(arrival)) return true;
    const { oldest } = this.#provisional;
    if (oldest < 0) return false;
    this.#provisional.remove(oldest);
    this.#forget(oldest);
    return true;
  }

  /** The device and its runs go for good; what was missing is lost, since nobody will look for it. */
  #forget(slot: number): void {
    const { devices, runs, sink } = this.#context;
    this.#parts.holds.drop(slot);
    const device = devices.mark(slot, MARK.DEVICE);
    for (let run = devices.int(slot, SLOT.NEWEST); run >= 0; run = runs.older[run]!) {
      const missing = runs.at(run, ROW.MISSING);
      if (missing === 0) continue;
      runs.put(run, ROW.MISSING, 0);
      runs.plus(run, ROW.LOST + CAUSE.UNDETERMINED, missing);
      runs.touch(run);
    }
    sink.deviceForgotten(device);
    this.#removeFromMemory(slot);
  }

  #removeFromMemory(slot: number): void {
    const { devices, runs } = this.#context;
    let run = devices.int(slot, SLOT.NEWEST);
    while (run >= 0) {
      const older = runs.older[run]!;
      this.#parts.ledger.release(run);
      run = older;
    }
    this.#parts.closed.forget(slot);
    this.#context.recovery?.forget(slot);
    devices.remove(slot);
  }

  #pageOutOne(arrival: Arrival): boolean {
    const { devices, options, sink } = this.#context;
    if (options.archive === undefined) return false;
    for (let looked = 0; looked < LOOK_AT; looked++) {
      this.#hand = this.#hand + 1 >= devices.slotEnd ? 0 : this.#hand + 1;
      if (!devices.isUsed(this.#hand) || !this.#isIdle(this.#hand, arrival.arrivalUs)) continue;
      const breaks = devices.int(this.#hand, SLOT.BREAKS);
      this.#paged.set(devices.wideHashOf(this.#hand), breaks);
      sink.devicePagedOut?.(devices.mark(this.#hand, MARK.DEVICE));
      this.#removeFromMemory(this.#hand);
      return true;
    }
    return false;
  }

  /** Nothing of the device is on its way to the archive, and nothing of it waits for a timer. */
  #isIdle(slot: number, arrivalUs: number): boolean {
    const { devices, runs, archived } = this.#context;
    if (this.#parts.holds.has(slot) || devices.int(slot, SLOT.CONFIRMED) === 0) return false;
    for (let run = devices.int(slot, SLOT.NEWEST); run >= 0; run = runs.older[run]!) {
      if (elapsedUs(runs.at(run, ROW.LAST_ARRIVAL), arrivalUs) < IDLE_US) return false;
      if (runs.isDirty(run) || runs.drainedInto[run]! > archived || runs.at(run, ROW.MISSING) > 0)
        return false;
    }
    return true;
  }

  #pageIn(datagram: Datagram): number {
    const { devices, options, sink, heard } = this.#context;
    if (this.#paged.size === 0 || options.archive === undefined) return -1;
    const { idBytes, idView, idOffset, idLength } = datagram;
    const name = devices.wideHash(idView, idOffset, idLength);
    const breaks = this.#paged.get(name);
    if (breaks === undefined) return -1;
    const id = this.#decoder.decode(idBytes.subarray(idOffset, idOffset + idLength));
    const snapshot = options.archive.load(id);
    // two ids may share the 53 bits: then the other one's name must stay
    if (snapshot === null) return -1;
    this.#paged.delete(name);
    sink.devicePagedIn?.(snapshot);
    if (this.#refused.delete(name)) for (const { row } of snapshot.runs) heard.add(row[ROW.RUN]!);
    return this.restore(snapshot, Number.NEGATIVE_INFINITY, breaks);
  }
}

const viewOf = (bytes: Uint8Array): DataView =>
  new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
