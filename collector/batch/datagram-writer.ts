import type { ChannelDescription, Datagram } from "../../protocol/datagram.ts";
import * as reasons from "../../protocol/reasons.ts";
import { readingTimeUs } from "../../protocol/time.ts";
import type { ListenerCounters } from "../status/counters.ts";
import type { BatchBuilder } from "./batch-builder.ts";
import type { ChannelRegistry } from "./channel-registry.ts";
import type { ChannelTable } from "./channel-table.ts";

// as locals these become part of the code (docs/decisions/0012-local-constants.md)
const { REFUSAL } = reasons;

/** as a datagram's epoch */
const NO_EPOCH = -1;
const TOO_MANY_CHANNELS = REFUSAL["too-many-channels"];

/** Where an accepted datagram is stored. */
export interface Place {
  device: number;
  run: number;
  sequence: number;
  /** 0 = unknown: the arrival stands in */
  sendTimeUs: number;
  arrivalUs: number;
}

/** Appends accepted datagrams to the batch: channels resolved, times made absolute. */
export class DatagramWriter {
  readonly #builder: BatchBuilder;
  readonly #channels: ChannelRegistry;

  constructor(builder: BatchBuilder, channels: ChannelRegistry) {
    this.#builder = builder;
    this.#channels = channels;
  }

  /**
   * Append a datagram; the caller has made sure of room. A reading whose channel would be one too many is refused, the others stay.
   * @returns readings written
   */
  write(datagram: Datagram, place: Place, counters: ListenerCounters): number {
    const builder = this.#builder;
    const baseUs = place.sendTimeUs === 0 ? place.arrivalUs : place.sendTimeUs;
    const count = datagram.readingCount;
    // what has no number belongs to no epoch, whatever it declares (R10): its names are looked for there
    const epoch = datagram.sequence < 0 ? NO_EPOCH : datagram.epoch;
    this.describe(datagram, place.device, epoch, counters);
    if (count > 0) {
      const table = this.#tableFor(datagram, place.device, epoch);
      for (let index = 0; index < count; index++) {
        const channel = this.#channelOf(datagram, index, place.device, table);
        if (channel < 0) {
          counters.refuse(TOO_MANY_CHANNELS, 1);
          continue;
        }
        const timeUs = readingTimeUs(datagram, index, baseUs, place.arrivalUs);
        builder.reading(channel, datagram.types[index]!, timeUs, datagram.values[index]!);
      }
    }
    return builder.endDatagram(place.run, place.sequence, baseUs, place.arrivalUs);
  }

  /** Append the number alone: a held datagram there was no room to keep. */
  writeEmpty(place: Place): void {
    const timeUs = place.sendTimeUs === 0 ? place.arrivalUs : place.sendTimeUs;
    this.#builder.endDatagram(place.run, place.sequence, timeUs, place.arrivalUs);
  }

  /** Take over the names and units a datagram of any kind brings. */
  describe(datagram: Datagram, device: number, epoch: number, counters: ListenerCounters): void {
    if (datagram.descriptions.length === 0) return;
    const table = this.#channels.tableOf(device, epoch);
    for (const { channel, name, unit } of lastOfEach(datagram.descriptions)) {
      if (!this.#channels.describe(device, table, channel, name, unit)) {
        counters.refuse(TOO_MANY_CHANNELS, 1);
      }
    }
  }

  /** null when all channels of the datagram are admitted as they are */
  #tableFor(datagram: Datagram, device: number, epoch: number): ChannelTable | null {
    const { channels, named, readingCount } = datagram;
    return named
      ? this.#channels.tableOf(device, epoch)
      : this.#channels.admitAll(device, epoch, channels, readingCount);
  }

  /** -1 when the device has as many channels as it may have. */
  #channelOf(datagram: Datagram, index: number, device: number, table: ChannelTable | null): number {
    if (table === null) return datagram.channels[index]!;
    if (datagram.named) return this.#channels.numberOf(device, table, datagram.names[index]!);
    const channel = datagram.channels[index]!;
    return this.#channels.admit(device, table, channel) ? channel : -1;
  }
}

/** What is said of a channel last: to take over all that one datagram may say would cost as much as thousands of renamed channels. */
const lastOfEach = (descriptions: readonly ChannelDescription[]): Iterable<ChannelDescription> =>
  // names of JSON are members of one object, and do not repeat
  descriptions[0]!.channel < 0
    ? descriptions
    : new Map(descriptions.map((description) => [description.channel, description])).values();
