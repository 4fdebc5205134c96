import type { PlacedDescription } from "./descriptions.ts";
import { hasPlace, type PlaceSet } from "./place-set.ts";

/** With fewer descriptions a walk costs less than a map. */
const FEW = 16;

/** What a device's channels are called in each of its epochs: its different descriptions, looked up by the places that hold in an epoch. */
export class EpochNames {
  readonly #descriptions: readonly PlacedDescription[];
  #byChannel: Map<number, PlacedDescription[]> | undefined;

  constructor(descriptions: readonly PlacedDescription[]) {
    this.#descriptions = descriptions;
  }

  /** The channel's description among those at these places; undefined when there is none. */
  find(places: PlaceSet, channel: number): PlacedDescription | undefined {
    return this.#of(channel).find((each) => each.channel === channel && hasPlace(places, each.place));
  }

  /** All that may describe the channel in some epoch. */
  #of(channel: number): readonly PlacedDescription[] {
    if (this.#descriptions.length < FEW) return this.#descriptions;
    if (this.#byChannel === undefined) {
      this.#byChannel = new Map();
      for (const each of this.#descriptions) {
        const same = this.#byChannel.get(each.channel);
        if (same === undefined) this.#byChannel.set(each.channel, [each]);
        else same.push(each);
      }
    }
    return this.#byChannel.get(channel) ?? [];
  }
}
