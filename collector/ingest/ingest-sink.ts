import type { DeviceSnapshot, EventKind } from "../../protocol/batch.ts";
import { Datagram } from "../../protocol/datagram.ts";
import { decode, type Format } from "../../protocol/decode.ts";
import { REFUSAL } from "../../protocol/reasons.ts";
import type { BatchBuilder } from "../batch/batch-builder.ts";
import type { ChannelRegistry } from "../batch/channel-registry.ts";
import type { DatagramWriter } from "../batch/datagram-writer.ts";
import type { ListenerCounters } from "../status/counters.ts";
import type { Tracker } from "../tracker/tracker.ts";
import type { TrackerSink } from "../tracker/types.ts";
import type { HeldStore } from "./held-store.ts";

/** The parts of the pipeline that the tracker's changes go to. */
export interface IngestParts {
  builder: BatchBuilder;
  channels: ChannelRegistry;
  writer: DatagramWriter;
  held: HeldStore;
  /** of each listener */
  counters: readonly ListenerCounters[];
  formats: readonly Format[];
}

/** Turns what the tracker reports into notes, operations and, for a held datagram that is confirmed, a stored one. */
export class IngestSink implements TrackerSink {
  /** set once, right after the tracker was made with this sink */
  tracker: Pick<Tracker, "heldSendTimeUs" | "addReadings"> | null = null;
  readonly #parts: IngestParts;
  /** the datagram that confirms a held one is still in the pipeline's own */
  readonly #datagram = new Datagram();

  constructor(parts: IngestParts) {
    this.#parts = parts;
  }

  deviceCreated(device: number, id: string): void {
    this.#parts.builder.note({ note: "device", device, id });
  }

  runCreated(run: number, device: number, epoch: number | null, index: number): void {
    this.#parts.builder.note({ note: "run", run, device, epoch, index });
  }

  deviceForgotten(device: number): void {
    this.#parts.channels.forget(device);
    this.#parts.builder.note({ note: "forgotten", device });
  }

  devicePagedOut(device: number): void {
    this.#parts.channels.forget(device);
  }

  devicePagedIn(snapshot: DeviceSnapshot): void {
    this.#parts.channels.restore(snapshot);
  }

  sourceChanged(device: number, source: string): void {
    this.#parts.builder.source(device, source);
  }

  event(at: number, kind: EventKind, device: number | null, detail: Record<string, unknown>): void {
    this.#parts.builder.note({ note: "event", at, kind, device, detail });
  }

  gapLost(
    run: number,
    first: number,
    last: number,
    openedAt: number,
    closedAt: number,
    cause: number,
    timeBefore: number,
    timeAfter: number,
    requests: number,
  ): void {
    const { builder } = this.#parts;
    builder.lost(run, first, last, openedAt, closedAt, cause, timeBefore, timeAfter, requests);
  }

  gapFilled(
    run: number,
    sequence: number,
    at: number,
    wasLost: boolean,
    openedAt: number,
    cause: number,
    time: number,
    requests: number,
  ): void {
    this.#parts.builder.filled(run, sequence, at, wasLost, openedAt, cause, time, requests);
  }

  heldAccepted(device: number, run: number, sequence: number, listener: number): void {
    const { held, formats, writer } = this.#parts;
    const counters = this.#parts.counters[listener]!;
    counters.held--;
    counters.received++;
    const kept = held.take(device);
    const sendTimeUs = this.tracker?.heldSendTimeUs ?? 0;
    const place = { device, run, sequence, sendTimeUs, arrivalUs: kept?.arrivalUs ?? 0 };
    const bytes = kept?.bytes ?? null;
    if (kept === undefined || bytes === null) {
      writer.writeEmpty(place);
      counters.refuse(REFUSAL["too-many-readings"], kept?.readings ?? 0);
      return;
    }
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    decode(bytes, view, 0, bytes.length, formats[listener]!, this.#datagram);
    this.tracker?.addReadings(writer.write(this.#datagram, place, counters));
    counters.refuseAll(this.#datagram.refused);
  }

  heldDropped(device: number, duplicate: boolean, rejectCode: number, listener: number): void {
    const counters = this.#parts.counters[listener]!;
    this.#parts.held.take(device);
    counters.held--;
    if (duplicate) counters.duplicates++;
    else counters.reject(rejectCode);
  }
}
