import { Datagram } from "../../protocol/datagram.ts";
import { decode } from "../../protocol/decode.ts";
import { Emission } from "../../simulator/fleet/emission.ts";
import { Encoder } from "../../simulator/fleet/encoder.ts";
import { Fleet } from "../../simulator/fleet/fleet.ts";
import {
  type FleetSettings,
  greatestDatagramBytes,
  resolveStart,
  type SimulatorSettings,
} from "../../simulator/options/settings.ts";
import { type Truth, truthHeader } from "../../simulator/truth/truth.ts";
import { simulatorSettings } from "../support/simulator-settings.ts";

/** 2026-11-20T12:00:00Z */
export const BASE_US = 1_795_176_000_000_000;

/** Settings with a fixed start, so that a test sees the same bytes every time. */
export const fixedSettings = (given: Partial<SimulatorSettings> = {}): FleetSettings =>
  resolveStart(simulatorSettings({ epoch: 100, baseTimeUs: BASE_US, ...given }), BASE_US);

export const IMPAIRED: Partial<SimulatorSettings> = {
  loss: 0.02,
  burstEnter: 0.01,
  duplicate: 0.02,
  duplicateCopies: 3,
  reorder: 0.05,
  corrupt: 0.02,
  jitterMs: 5,
  skewMs: 1000,
};

export interface Sent {
  emission: Emission;
  bytes: Uint8Array;
}

/** Every datagram of a simulation, in the order they leave, without pacing or sockets. */
export function* sentBy(fleet: Fleet, settings: FleetSettings): Generator<Sent> {
  const encoder = new Encoder(settings, fleet.schedule);
  const bytes = new Uint8Array(greatestDatagramBytes(settings));
  const view = new DataView(bytes.buffer);
  for (;;) {
    const emission = new Emission();
    if (!fleet.next(emission)) return;
    const length = encoder.encode(emission, bytes, view);
    yield { emission, bytes: bytes.slice(0, length) };
  }
}

/** A whole simulation in memory: what left, and the truth about it. */
export const simulateInMemory = (settings: FleetSettings): { sent: Sent[]; truth: Truth; fleet: Fleet } => {
  const fleet = new Fleet(settings);
  const sent = [...sentBy(fleet, settings)];
  return { sent, fleet, truth: { header: truthHeader(settings, BASE_US), records: [...fleet.truth()] } };
};

/** What the collector's decoder says of a datagram: 0 = sound. */
export const rejectionOf = (bytes: Uint8Array, into = new Datagram()): number =>
  decode(bytes, new DataView(bytes.buffer, bytes.byteOffset, bytes.length), 0, bytes.length, "auto", into);

export const idOf = ({ idBytes, idOffset, idLength }: Datagram): string =>
  new TextDecoder().decode(idBytes.subarray(idOffset, idOffset + idLength));
