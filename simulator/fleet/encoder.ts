import { Buffer } from "node:buffer";
import { FLAG, KIND } from "../../protocol/constants.ts";
import { Datagram } from "../../protocol/datagram.ts";
import { encodeBinary } from "../../protocol/encode-binary.ts";
import { encodeJson } from "../../protocol/encode-json.ts";
import { damage } from "../network/damage.ts";
import type { FleetSettings } from "../options/settings.ts";
import type { Emission } from "./emission.ts";
import { subKey } from "./random.ts";
import type { Schedule } from "./schedule.ts";
import { type Channel, channelsOf } from "./signals.ts";

/** A binary device stamps a datagram so long after it took the readings; JSON ones state one time for both. */
export const READ_OUT_US = 250;

/** When the readings of a datagram were taken, by the device's clock. */
export const readingTimeOf = (sendTimeUs: number, settings: FleetSettings): number =>
  settings.format === "native" ? sendTimeUs - READ_OUT_US : sendTimeUs;

/** The epoch as the wire has it: null when the format leaves it out. */
export const declaredEpoch = (epoch: number, settings: FleetSettings): number | null =>
  settings.format === "native" || settings.jsonEpoch ? epoch : null;

/** Turns emissions into bytes. The same emission always gives the same bytes, so that any of them can be made again later. */
export class Encoder {
  readonly #settings: FleetSettings;
  readonly #schedule: Schedule;
  readonly #channels: readonly Channel[];
  readonly #datagram = new Datagram();
  readonly #ids: Uint8Array[];
  readonly #idViews: DataView[];
  readonly #isBinary: boolean;

  constructor(settings: FleetSettings, schedule: Schedule) {
    this.#settings = settings;
    this.#schedule = schedule;
    this.#isBinary = settings.format === "native";
    this.#channels = channelsOf(settings.signals, settings.channels);
    this.#ids = Array.from({ length: settings.devices }, (_, device) =>
      Buffer.from(schedule.deviceId(device)),
    );
    this.#idViews = this.#ids.map(
      ({ buffer, byteOffset, length }) => new DataView(buffer, byteOffset, length),
    );
  }

  /**
   * Writes the datagram at the beginning of `bytes`.
   * @param view - over the same memory
   * @returns its length
   */
  encode(emission: Emission, bytes: Uint8Array, view: DataView): number {
    const datagram = this.#datagram;
    datagram.reset();
    datagram.kind = emission.kind;
    const id = this.#ids[emission.device]!;
    datagram.pointId(id, 0, id.length, this.#idViews[emission.device]);
    datagram.sequence = emission.sequence;
    datagram.epoch = declaredEpoch(emission.epoch, this.#settings) ?? -1;
    datagram.sendTimeUs = this.#isBinary || this.#settings.jsonTime ? emission.sendTimeUs : 0;
    datagram.isEnd = emission.isEnd;
    if (emission.kind === KIND.DATA) this.#addReadings(emission);
    else if (emission.kind === KIND.DESCRIBE) this.#addDescriptions();
    else if (emission.kind === KIND.GONE) this.#addGone(emission);
    const length = this.#isBinary
      ? encodeBinary(datagram, FLAG.CRC, bytes, view)
      : encodeJson(datagram, bytes);
    return emission.damage === 0 ? length : damage(bytes, length, emission.damage, this.#isBinary);
  }

  #addReadings(emission: Emission): void {
    const datagram = this.#datagram;
    const epoch = declaredEpoch(emission.epoch, this.#settings);
    const key = this.#schedule.signalKey(emission.device, epoch);
    datagram.readingCount = this.#channels.length;
    datagram.named = !this.#isBinary;
    for (let index = 0; index < this.#channels.length; index++) {
      const { number, name, signal } = this.#channels[index]!;
      datagram.channels[index] = number;
      datagram.types[index] = signal.type;
      datagram.times[index] = this.#isBinary ? -READ_OUT_US : 0;
      datagram.values[index] = signal.valueAt(subKey(key, number), emission.sequence);
      if (datagram.named) datagram.names[index] = name;
    }
  }

  #addGone({ gone }: Emission): void {
    this.#datagram.rangeCount = gone.length;
    for (const [at, [first, last]] of gone.entries()) {
      this.#datagram.rangeFirst[at] = first;
      this.#datagram.rangeLast[at] = last;
    }
  }

  #addDescriptions(): void {
    for (const { number, name, unit } of this.#channels) {
      this.#datagram.descriptions.push({ channel: this.#isBinary ? number : -1, name, unit });
    }
  }
}
