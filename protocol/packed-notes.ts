import type { Note } from "./batch.ts";

/**
 * Notes on their way to the writer as bytes: a flood of new devices makes two or three for each datagram, and as objects those that wait for
 * the writer would be larger than the batches they belong to. What such a flood brings has a form of its own, the rest is JSON.
 * Numbers are little-endian u32 (the epoch is a float64), texts UTF-8:
 *
 * device: kind, device, length and bytes of the id, length and bytes of the source (0 = none); run: kind, run, device, index, epoch (-1 =
 * null); source: kind, device, length and bytes; forgotten: kind, device; other: kind, length, JSON. Lengths of ids and sources are one byte.
 */
const KIND = { DEVICE: 0, RUN: 1, SOURCE: 2, FORGOTTEN: 3, OTHER: 4 } as const;

/** more than any note takes but those in JSON */
const ROOM = 1024;
/** UTF-8 bytes of one UTF-16 unit at most */
const BYTES_PER_UNIT = 3;
const MAX_SHORT_TEXT = 255;

export class NotePacker {
  // little, so that it has grown before code is compiled for a field that never changes (docs/decisions/0014-compiled-before-it-counts.md)
  #bytes = new Uint8Array(ROOM);
  #view = new DataView(this.#bytes.buffer);
  #length = 0;
  /** device whose note, without a source, was the last one; -1 = the last one was another */
  #sourceless = -1;
  readonly #encoder = new TextEncoder();
  /** how many notes there are */
  count = 0;

  add(note: Note): void {
    this.#makeRoom(ROOM);
    this.count++;
    this.#sourceless = -1;
    if (note.note === "device" && isShort(note.id) && isShort(note.source ?? "")) this.#device(note);
    else if (note.note === "run") this.#run(note);
    else if (note.note === "source" && isShort(note.source)) {
      this.#head(KIND.SOURCE, note.device);
      this.#shortText(note.source);
    } else if (note.note === "forgotten") this.#head(KIND.FORGOTTEN, note.device);
    else this.#other(note);
  }

  /** The source of a device: with the note of its creation when that has just been made, else by itself. */
  addSource(device: number, source: string): void {
    if (this.#sourceless !== device || !isShort(source)) {
      this.add({ note: "source", device, source });
      return;
    }
    this.#sourceless = -1;
    // instead of the length of the source it does not have
    this.#length--;
    this.#shortText(source);
  }

  /** All that was added since the last call, as bytes of their own. */
  take(): Uint8Array<ArrayBuffer> {
    const packed = this.#bytes.slice(0, this.#length);
    this.#length = 0;
    this.count = 0;
    this.#sourceless = -1;
    return packed;
  }

  #device({ device, id, source }: Extract<Note, { note: "device" }>): void {
    this.#head(KIND.DEVICE, device);
    this.#shortText(id);
    this.#shortText(source ?? "");
    if (source === undefined) this.#sourceless = device;
  }

  #run({ run, device, index, epoch }: Extract<Note, { note: "run" }>): void {
    this.#head(KIND.RUN, run);
    this.#u32(device);
    this.#u32(index);
    this.#view.setFloat64(this.#length, epoch ?? -1, true);
    this.#length += 8;
  }

  #other(note: Note): void {
    const json = this.#encoder.encode(JSON.stringify(note));
    this.#makeRoom(ROOM + json.length);
    this.#head(KIND.OTHER, json.length);
    this.#bytes.set(json, this.#length);
    this.#length += json.length;
  }

  #head(kind: number, number: number): void {
    this.#bytes[this.#length++] = kind;
    this.#u32(number);
  }

  #u32(number: number): void {
    this.#view.setUint32(this.#length, number, true);
    this.#length += 4;
  }

  #shortText(text: string): void {
    const at = this.#length + 1;
    const { written } = this.#encoder.encodeInto(text, this.#bytes.subarray(at, at + MAX_SHORT_TEXT));
    this.#bytes[this.#length] = written;
    this.#length = at + written;
  }

  #makeRoom(bytes: number): void {
    if (this.#length + bytes <= this.#bytes.length) return;
    const wider = new Uint8Array(Math.max(this.#bytes.length * 2, this.#length + bytes));
    wider.set(this.#bytes.subarray(0, this.#length));
    this.#bytes = wider;
    this.#view = new DataView(wider.buffer);
  }
}

const isShort = (text: string): boolean => text.length * BYTES_PER_UNIT <= MAX_SHORT_TEXT;

/** Notes one after the other, as they were added. */
export function* unpackNotes(bytes: Uint8Array): Generator<Note> {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const decoder = new TextDecoder("utf-8", { ignoreBOM: true });
  let at = 0;
  const u32 = (): number => {
    at += 4;
    return view.getUint32(at - 4, true);
  };
  const text = (length: number): string => {
    at += length;
    return decoder.decode(bytes.subarray(at - length, at));
  };
  while (at < bytes.length) {
    const kind = bytes[at++];
    const number = u32();
    if (kind === KIND.DEVICE) {
      const id = text(bytes[at++]!);
      const source = text(bytes[at++]!);
      yield { note: "device", device: number, id, ...(source === "" ? {} : { source }) };
    } else if (kind === KIND.RUN) {
      const device = u32();
      const index = u32();
      const epoch = view.getFloat64(at, true);
      at += 8;
      yield { note: "run", run: number, device, epoch: epoch < 0 ? null : epoch, index };
    } else if (kind === KIND.SOURCE) yield { note: "source", device: number, source: text(bytes[at++]!) };
    else if (kind === KIND.FORGOTTEN) yield { note: "forgotten", device: number };
    else yield JSON.parse(text(number)) as Note;
  }
}

/** As `NotePacker` does it, all at once. */
export const packNotes = (notes: Iterable<Note>): Uint8Array => {
  const packer = new NotePacker();
  for (const note of notes) packer.add(note);
  return packer.take();
};
