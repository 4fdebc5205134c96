import type { ReadingFilter } from "./messages.ts";
import type { Told } from "./order-hold.ts";
import { partId } from "./position.ts";
import type { ReadingText } from "./reading-text.ts";
import type { RunNames } from "./run-names.ts";
import type { Part } from "./teller.ts";

/** Clients that want the same. */
interface Topic {
  filter: ReadingFilter;
  /** the same for filters with the same channels, whose names a client may have written with any character */
  channelsKey: string;
  clients: Set<number>;
}

const NO_TOPICS: readonly Topic[] = [];
const encoder = new TextEncoder();

/** Who is told what: clients with the same filter share one text, and filters with the same channels share the text of a run. */
export class Audience {
  readonly #names: RunNames;
  readonly #text: ReadingText;
  readonly #topics = new Map<string, Topic>();
  /** topics by device; under "" those of all devices (no id is empty) */
  #byDevice = new Map<string, Topic[]>();

  constructor(names: RunNames, text: ReadingText) {
    this.#names = names;
    this.#text = text;
  }

  add(client: number, filter: ReadingFilter): void {
    const key = JSON.stringify([filter.devices, filter.channels]);
    const topic = this.#topics.get(key);
    if (topic !== undefined) {
      topic.clients.add(client);
      return;
    }
    const channelsKey = JSON.stringify(filter.channels);
    this.#topics.set(key, { filter, channelsKey, clients: new Set([client]) });
    this.#index();
  }

  remove(client: number): void {
    for (const [key, topic] of this.#topics) {
      if (!topic.clients.delete(client) || topic.clients.size > 0) continue;
      this.#topics.delete(key);
      this.#index();
    }
  }

  /** The text of some parts for each filter that is told anything. */
  texts(parts: readonly Part[]): [clients: number[], text: Uint8Array<ArrayBuffer>][] {
    const texts = new Map<Topic, string[]>();
    for (const part of parts) {
      const prefix = partId(part);
      for (const [run, told] of part.told) this.#tell(texts, prefix, run, told);
    }
    return Array.from(texts, ([{ clients }, pieces]) => [[...clients], encoder.encode(pieces.join(""))]);
  }

  /** @param prefix - of ids: the part's */
  #tell(texts: Map<Topic, string[]>, prefix: string, number: number, told: readonly Told[]): void {
    const run = this.#names.of(number);
    if (run === undefined) return;
    const byChannels = new Map<string, string>();
    for (const topic of [
      ...(this.#byDevice.get("") ?? NO_TOPICS),
      ...(this.#byDevice.get(run.device) ?? NO_TOPICS),
    ]) {
      let piece = byChannels.get(topic.channelsKey);
      if (piece === undefined) {
        piece = this.#text.events(run, `${prefix}-${number}`, told, topic.filter.channels);
        byChannels.set(topic.channelsKey, piece);
      }
      if (piece === "") continue;
      const pieces = texts.get(topic);
      if (pieces === undefined) texts.set(topic, [piece]);
      else pieces.push(piece);
    }
  }

  #index(): void {
    this.#byDevice = new Map();
    for (const topic of this.#topics.values()) {
      const { devices } = topic.filter;
      for (const device of devices.length === 0 ? [""] : devices) {
        const topics = this.#byDevice.get(device);
        if (topics === undefined) this.#byDevice.set(device, [topic]);
        else topics.push(topic);
      }
    }
  }
}
