import { MAX_ENTRIES, MAX_ID_BYTES } from "./constants.ts";
import { REFUSAL_REASONS } from "./reasons.ts";

/** A channel's name and unit as a DESCRIBE datagram or a JSON `units` member gives it. */
export interface ChannelDescription {
  /** channel number, or -1 when the format names channels instead of numbering them (JSON) */
  channel: number;
  name: string;
  unit: string;
}

/**
 * An empty array that has held one of what it is to hold. V8 takes it for another kind of array than one that never held anything, and code
 * compiled for that is thrown out when the first device describes itself.
 */
const emptied = <Item>(item: Item): Item[] => {
  const items = [item];
  items.length = 0;
  return items;
};

/**
 * The one result object a decoder fills, again and again: nothing is allocated per datagram on the binary path.
 * Only the fields that the `kind` gives a meaning are valid after a decode that returned 0.
 */
export class Datagram {
  /** KIND.* */
  kind = 0;
  /** in the native format: its sender can be asked again (NACK) */
  isNative = false;
  /** u32, or -1 where the format or the datagram declares none (`null` outside) */
  epoch = -1;
  /** DATA: its own number, or -1 when unsequenced. HEARTBEAT, DESCRIBE, GONE: the number the next DATA will carry, or -1 when it asserts nothing */
  sequence = -1;
  /** width of the format's sequence number, 8 to 53; below 53 only in formats without an epoch (R7) */
  sequenceBits = 53;
  /** the format's numbering begins at 0; false where a sender may begin anywhere (RTP) */
  startsAtZero = true;
  /** microseconds since the Unix epoch (since the start of the sender's epoch when `sendTimeIsRelative`); 0 = unknown */
  sendTimeUs = 0;
  sendTimeIsRelative = false;
  /** where the device id's UTF-8 bytes are; valid until the next decode or until the buffer is reused */
  #idBytes: Uint8Array = new Uint8Array(0);
  #idView: DataView = new DataView(this.#idBytes.buffer);
  idOffset = 0;
  idLength = 0;
  /** room for an id that is not in the received bytes as it is (JSON); `idBytes` then points here */
  readonly idScratch: Uint8Array = new Uint8Array(MAX_ID_BYTES);
  readonly idScratchView = new DataView(this.idScratch.buffer);
  /** number of sound readings */
  readingCount = 0;
  /** channel numbers; unset where `names` is used */
  readonly channels = new Uint16Array(MAX_ENTRIES);
  /** VALUE_TYPE.* */
  readonly types = new Uint8Array(MAX_ENTRIES);
  /**
   * reading time minus send time in microseconds; with `timesAreAbsolute` microseconds since the Unix epoch, 0 = as the send time.
   * `readingTimeUs` (time.ts) makes one time of it.
   */
  readonly times = new Float64Array(MAX_ENTRIES);
  timesAreAbsolute = false;
  readonly values = new Float64Array(MAX_ENTRIES);
  /** channel names, reading by reading, when the format names its channels (JSON) */
  readonly names = emptied("");
  named = false;
  /** how many readings were refused, by refusal reason code (index into REFUSAL_REASONS) */
  readonly refused = new Uint32Array(REFUSAL_REASONS.length);
  refusedCount = 0;
  /** DESCRIBE, and `units` of JSON (on any kind) */
  readonly descriptions = emptied<ChannelDescription>({ channel: -1, name: "", unit: "" });
  /** HEARTBEAT: seconds until the device speaks again, -1 when it announces no sleep */
  sleepSeconds = -1;
  /** HEARTBEAT: the epoch is over and `sequence` is final */
  isEnd = false;
  /** GONE: inclusive ranges of numbers */
  rangeCount = 0;
  readonly rangeFirst = new Float64Array(MAX_ENTRIES);
  readonly rangeLast = new Float64Array(MAX_ENTRIES);

  /**
   * Forget the last datagram: every field as the constructor left it, the columns' memory kept. But for width and beginning of the numbering, which no
   * decoder sets so far: one that does has to set them each time, and the others then too.
   */
  reset(): void {
    this.kind = 0;
    this.isNative = false;
    this.epoch = -1;
    this.sequence = -1;
    this.sendTimeUs = 0;
    this.sendTimeIsRelative = false;
    this.idOffset = 0;
    this.idLength = 0;
    this.readingCount = 0;
    this.timesAreAbsolute = false;
    this.named = false;
    this.sleepSeconds = -1;
    this.isEnd = false;
    this.rangeCount = 0;
    if (this.names.length > 0) this.names.length = 0;
    if (this.descriptions.length > 0) this.descriptions.length = 0;
    if (this.refusedCount > 0) {
      this.refused.fill(0);
      this.refusedCount = 0;
    }
  }

  get idBytes(): Uint8Array {
    return this.#idBytes;
  }

  /** Over the same memory as `idBytes`: ids are looked up four bytes at a time. */
  get idView(): DataView {
    return this.#idView;
  }

  /** The device id is there. @param view - over the same memory as `bytes`, `offset` means the same in both */
  pointId(
    bytes: Uint8Array,
    offset = 0,
    length = bytes.length,
    view: DataView = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength),
  ): void {
    this.#idBytes = bytes;
    this.#idView = view;
    this.idOffset = offset;
    this.idLength = length;
  }

  /** Count `count` refused entries under a refusal code (REFUSAL.*). */
  refuse(code: number, count = 1): void {
    this.refused[code] = this.refused[code]! + count;
    this.refusedCount += count;
  }
}
