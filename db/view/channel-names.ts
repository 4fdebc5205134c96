import { MAX_CHANNELS_PER_DEVICE } from "../../protocol/constants.ts";
import { undescribedName } from "../../protocol/text.ts";
import { Entries } from "./columns.ts";
import { DescribedEpochs } from "./described-epochs.ts";
import { type Description, Descriptions, type PlacedDescription } from "./descriptions.ts";
import {
  countPlaces,
  hasPlace,
  NO_PLACES,
  type PlaceSet,
  placesOf,
  withoutPlace,
  withPlace,
} from "./place-set.ts";
import { CHANNEL_BOUNDS, type Room } from "./room.ts";

export interface ChannelEntry extends Description {
  /** -1 = null */
  epoch: number;
  /** flush that brought it */
  flush: number;
}

const UNDESCRIBED = /^ch(\d{1,5})$/;

/** The channel whose name that would be; null = of none. */
export const undescribedNumber = (name: string): number | null => {
  const number = Number(UNDESCRIBED.exec(name)?.[1] ?? Number.NaN);
  return undescribedName(number) === name ? number : null;
};

/** After so many descriptions of one epoch, with none of another between them, it gets maps: they take as long to make as that many searches. */
const WORTH_MAPS = 64;

/** The epoch that was described last. */
interface OpenEpoch {
  head: number;
  record: number;
  epoch: number;
  /** descriptions since it was opened */
  described: number;
  maps: EpochMaps | null;
}

/** The names of an epoch, by channel and by name. */
interface EpochMaps {
  /** channel to entry */
  byChannel: Map<number, number>;
  /** name to channel */
  byName: Map<string, number>;
}

/**
 * Channel descriptions of all devices; a name holds for its epoch. A device has each different description once, and of an epoch it knows which of them hold
 * there: what a sender says again at each of its starts takes a number per start.
 */
export class ChannelNames {
  readonly #heads = new Entries();
  readonly #descriptions = new Descriptions(CHANNEL_BOUNDS);
  readonly #epochs = new DescribedEpochs();
  #open: OpenEpoch | null = null;

  /** for pieces of descriptions; nothing here refuses what does not fit, see `keptNotes` */
  get room(): Room {
    return this.#descriptions.room;
  }

  /** Pieces of a device's descriptions. @param head - -1 = none */
  piecesOf(head: number): number {
    return head < 0 ? 0 : this.#descriptions.piecesOf(head);
  }

  /** Whether some epoch of the device has this very description. @param head - -1 = none */
  has(head: number, description: Readonly<Description>): boolean {
    return head >= 0 && this.#descriptions.find(head, description) >= 0;
  }

  /**
   * Describe a channel. A name that another channel of the epoch has gets the suffix `#<channel>`.
   * @param head - the device's, -1 = it has none
   * @returns the device's head
   */
  describe(head: number, described: Readonly<ChannelEntry>): number {
    const device = head < 0 ? this.#addDevice() : head;
    const { maps, record } = this.#opened(device, described);
    const { channel, flush } = described;
    const descriptions = this.#descriptions;
    const before = this.#epochs.placesOf(record);
    const known = maps === null ? this.#ofChannel(device, before, channel) : maps.byChannel.get(channel);
    // ingest refuses what is beyond, but forgets epochs that others have followed
    if (known === undefined && countPlaces(before) >= MAX_CHANNELS_PER_DEVICE) return device;
    const isTaken =
      maps === null
        ? this.#isTaken(device, before, described)
        : (maps.byName.get(described.name) ?? channel) !== channel;
    const name = isTaken ? `${described.name}#${channel}` : described.name;
    const description = { channel, name, unit: described.unit };
    if (known !== undefined && descriptions.isIt(known, device, description)) return device;
    const entry = descriptions.take(device, description, flush);
    if (maps !== null) {
      const former = known === undefined ? undefined : descriptions.nameOf(known);
      if (former !== undefined && maps.byName.get(former) === channel) maps.byName.delete(former);
      maps.byChannel.set(channel, entry);
      maps.byName.set(name, channel);
    }
    const rest = known === undefined ? before : withoutPlace(before, descriptions.placeOf(known));
    this.#epochs.setPlaces(record, withPlace(rest, descriptions.placeOf(entry)), flush);
    if (known !== undefined) descriptions.release(device, known, flush);
    return device;
  }

  /**
   * A description as the database has it: its name is final. Those of a device come by ascending place, before its epochs.
   * @returns the device's head
   */
  restore(head: number, description: Readonly<PlacedDescription>): number {
    const device = head < 0 ? this.#addDevice() : head;
    this.#descriptions.restore(device, description);
    return device;
  }

  /**
   * The epochs of a device as the database has them, in the order in which they became known, once its descriptions are restored. What an epoch has at a place
   * without one is left out, as where rows were lost.
   * @param flush - brings into the tables what was left out: another description may come to the place
   * @returns the device's head, and how many were left out
   */
  restoreEpochs(
    head: number,
    epochs: Iterable<{ epoch: number; places: PlaceSet }>,
    flush: number,
  ): { head: number; leftOut: number } {
    const device = head < 0 ? this.#addDevice() : head;
    const entryAt = this.#descriptions.entriesByPlace(device);
    let leftOut = 0;
    for (const { epoch, places } of epochs) {
      let kept = places;
      for (const place of placesOf(places)) {
        const entry = entryAt[place];
        if (entry !== undefined) {
          this.#descriptions.use(entry);
          continue;
        }
        kept = withoutPlace(kept, place);
        leftOut++;
      }
      this.#epochs.setPlaces(this.#epochs.add(device, epoch), kept, kept === places ? 0 : flush);
    }
    return { head: device, leftOut };
  }

  /** The different descriptions of a device, by place. @param head - -1 = none */
  descriptions(head: number): PlacedDescription[] {
    return head < 0 ? [] : this.#descriptions.list(head);
  }

  /** Places of the descriptions that hold in an epoch. @param head - -1 = none */
  placesIn(head: number, epoch: number): PlaceSet {
    const record = head < 0 ? -1 : this.#epochs.find(head, epoch);
    return record < 0 ? NO_PLACES : this.#epochs.placesOf(record);
  }

  /** What holds in an epoch, by place. @param head - -1 = none */
  namesIn(head: number, epoch: number): Description[] {
    return head < 0 ? [] : this.#descriptions.at(head, this.placesIn(head, epoch));
  }

  /** The described epochs of a device, the newest first. @param head - -1 = none */
  *epochs(head: number): Generator<{ epoch: number; places: PlaceSet; flush: number }> {
    if (head >= 0) yield* this.#epochs.list(head);
  }

  /** Places of a device that came to a description or lost it after a flush; null = it is free. @param head - -1 = none */
  *changedPlaces(head: number, after: number): Generator<{ place: number; description: Description | null }> {
    if (head >= 0) yield* this.#descriptions.changed(head, after);
  }

  /** All of every epoch, the newest epoch first. @param head - -1 = none */
  *list(head: number): Generator<ChannelEntry> {
    const placed: Description[] = [];
    for (const { place, ...description } of this.descriptions(head)) placed[place] = description;
    for (const { epoch, places, flush } of this.epochs(head))
      for (const place of placesOf(places)) yield { epoch, ...placed[place]!, flush };
  }

  /** All of a device goes. @param head - -1 = none */
  remove(head: number): void {
    if (head < 0) return;
    if (this.#open?.head === head) this.#open = null;
    this.#descriptions.remove(head);
    this.#epochs.remove(head);
    this.#heads.giveBack(head);
  }

  #addDevice(): number {
    const head = this.#heads.take();
    this.#descriptions.open(head);
    this.#epochs.open(head);
    return head;
  }

  /** The epoch that is described; one without a description before becomes the device's newest. */
  #opened(head: number, { epoch }: Readonly<ChannelEntry>): OpenEpoch {
    let open = this.#open;
    if (open === null || open.head !== head || open.epoch !== epoch) {
      const known = this.#epochs.find(head, epoch);
      const record = known < 0 ? this.#epochs.add(head, epoch) : known;
      open = { head, record, epoch, described: 0, maps: null };
      this.#open = open;
    }
    if (++open.described > WORTH_MAPS) open.maps ??= this.#mapsOf(head, this.#epochs.placesOf(open.record));
    return open;
  }

  #mapsOf(head: number, places: PlaceSet): EpochMaps {
    const maps: EpochMaps = { byChannel: new Map(), byName: new Map() };
    const descriptions = this.#descriptions;
    for (const entry of descriptions.entriesOf(head)) {
      if (!hasPlace(places, descriptions.placeOf(entry))) continue;
      maps.byChannel.set(descriptions.channelOf(entry), entry);
      maps.byName.set(descriptions.nameOf(entry), descriptions.channelOf(entry));
    }
    return maps;
  }

  #ofChannel(head: number, places: PlaceSet, channel: number): number | undefined {
    return this.#descriptions.findAt(
      head,
      places,
      (entry) => this.#descriptions.channelOf(entry) === channel,
    );
  }

  /** Whether another channel of the epoch has the name. */
  #isTaken(head: number, places: PlaceSet, { channel, name }: Readonly<Description>): boolean {
    const descriptions = this.#descriptions;
    const isOther = (entry: number): boolean =>
      descriptions.nameOf(entry) === name && descriptions.channelOf(entry) !== channel;
    return descriptions.findAt(head, places, isOther) !== undefined;
  }
}
