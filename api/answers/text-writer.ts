import { formatTime } from "../../protocol/time.ts";
import type { ReadingValue, TimeForm } from "../sources.ts";
import { FIFTEEN_DIGITS } from "./json-values.ts";

const [MINUS, POINT, COLON, ZERO] = [0x2d, 0x2e, 0x3a, 0x30];
const BILLION = 1e9;
const US_PER_DAY = 86_400e6;
/** more than any number or time takes */
const ROOM = 64;
/** of a buffer that is kept for the next answer */
const MOST_KEPT = 2 ** 20;
/** for a shorter text the encoder takes longer than the text */
const SHORT = 100;
const encoder = new TextEncoder();

/**
 * Writes answers as UTF-8, number by number: to put the text of a large answer together from small strings takes several times as long, and as
 * bytes it goes from thread to thread without a copy. Used again and again.
 */
export class TextWriter {
  #bytes = new Uint8Array(16_384);
  #at = 0;
  /** the day written last: times of an answer lie together */
  #dayUs = Number.NaN;
  #day = "";

  /** Forget what an answer that failed has left. */
  begin(): this {
    this.#at = 0;
    return this;
  }

  /** What was written since `begin`; the caller's own. */
  end(): Uint8Array<ArrayBuffer> {
    const written = this.#bytes.slice(0, this.#at);
    if (this.#bytes.length > MOST_KEPT) this.#bytes = new Uint8Array(MOST_KEPT);
    this.#at = 0;
    return written;
  }

  /** @param text - ASCII only, short */
  ascii(text: string): this {
    this.#reserve(text.length);
    const bytes = this.#bytes;
    const at = this.#at;
    for (let index = 0; index < text.length; index++) bytes[at + index] = text.charCodeAt(index);
    this.#at = at + text.length;
    return this;
  }

  text(text: string): this {
    if (text.length < SHORT) return this.#shortText(text);
    this.#reserve(text.length * 3);
    this.#at += encoder.encodeInto(text, this.#bytes.subarray(this.#at)).written;
    return this;
  }

  /** Mostly ASCII, and then byte by byte is quicker. */
  #shortText(text: string): this {
    this.#reserve(text.length * 3);
    const bytes = this.#bytes;
    const at = this.#at;
    for (let index = 0; index < text.length; index++) {
      const code = text.charCodeAt(index);
      if (code > 127) {
        this.#at += encoder.encodeInto(text, bytes.subarray(at)).written;
        return this;
      }
      bytes[at + index] = code;
    }
    this.#at = at + text.length;
    return this;
  }

  bytes(bytes: Uint8Array): this {
    this.#reserve(bytes.length);
    this.#bytes.set(bytes, this.#at);
    this.#at += bytes.length;
    return this;
  }

  /** @param number - an integer; null is written as null */
  integer(number: number | null): this {
    if (number === null || !Number.isSafeInteger(number) || Object.is(number, -0)) {
      return this.ascii(String(number));
    }
    this.#reserve(ROOM);
    this.#integer(number);
    return this;
  }

  /** A time as RFC 3339, as `formatTime` writes it, without quotes. */
  time(timeUs: number): this {
    let inDayUs = timeUs - this.#dayUs;
    if (!(inDayUs >= 0 && inDayUs < US_PER_DAY)) {
      this.#dayUs = Math.floor(timeUs / US_PER_DAY) * US_PER_DAY;
      this.#day = formatTime(this.#dayUs).slice(0, -"00:00:00.000000Z".length);
      inDayUs = timeUs - this.#dayUs;
    }
    this.#reserve(ROOM);
    const ms = Math.floor(inDayUs / 1000);
    const seconds = Math.floor(ms / 1000);
    const minutes = Math.floor(seconds / 60);
    const hours = Math.floor(minutes / 60);
    this.ascii(this.#day);
    this.#padded(hours, 2);
    this.#bytes[this.#at++] = COLON;
    this.#padded(minutes - hours * 60, 2);
    this.#bytes[this.#at++] = COLON;
    this.#padded(seconds - minutes * 60, 2);
    this.#bytes[this.#at++] = POINT;
    this.#padded(ms - seconds * 1000, 3);
    this.#padded(inDayUs - ms * 1000, 3);
    return this.ascii("Z");
  }

  /** A time of an answer, as CSV has it. */
  timeText(timeUs: number, form: TimeForm): this {
    if (form === "rfc3339") return this.time(timeUs);
    return form === "us" ? this.integer(timeUs) : this.plain(timeUs / 1000);
  }

  /** A time of an answer as JSON: a string, or a number. */
  timeJson(timeUs: number, form: TimeForm): this {
    return form === "rfc3339" ? this.ascii('"').time(timeUs).ascii('"') : this.timeText(timeUs, form);
  }

  /** A value as JSON, as `valueJson` writes it. */
  value(value: ReadingValue): this {
    if (typeof value === "boolean" || Number.isFinite(value)) return this.plain(value);
    return this.ascii(`"${value}"`);
  }

  /** A value with its shortest exact digits, -0 included, and the names of what is no number without quotes. */
  plain(value: ReadingValue): this {
    if (typeof value === "boolean") return this.ascii(value ? "true" : "false");
    if (this.#decimal(value, 3) || this.#decimal(value, 6)) return this;
    return this.ascii(Object.is(value, -0) ? "-0" : String(value));
  }

  /** Writes a value that has no more decimals than that, without zeros at the end. @param decimals - at most 6: from 1e-7 on it has an exponent @returns whether it is one */
  #decimal(value: number, decimals: 3 | 6): boolean {
    const unit = decimals === 3 ? 1e3 : 1e6;
    const units = Math.round(value * unit);
    if (!(units > -FIFTEEN_DIGITS && units < FIFTEEN_DIGITS) || units === 0 || units / unit !== value)
      return false;
    this.#reserve(ROOM);
    if (units < 0) this.#bytes[this.#at++] = MINUS;
    const size = Math.abs(units);
    const whole = Math.floor(size / unit);
    this.#integer(whole);
    let fraction = size - whole * unit;
    if (fraction === 0) return true;
    let digits: number = decimals;
    for (; fraction % 10 === 0; digits--) fraction /= 10;
    this.#bytes[this.#at++] = POINT;
    this.#padded(fraction, digits);
    return true;
  }

  #integer(number: number): void {
    let rest = number;
    if (rest < 0) {
      this.#bytes[this.#at++] = MINUS;
      rest = -rest;
    }
    if (rest >= BILLION) {
      const billions = Math.floor(rest / BILLION);
      this.#integer(billions);
      this.#padded(rest - billions * BILLION, 9);
      return;
    }
    let digits = 1;
    for (let limit = 10; limit <= rest; limit *= 10) digits++;
    this.#padded(rest, digits);
  }

  /** @param number - integer in [0, 10^digits), digits at most 9 */
  #padded(number: number, digits: number): void {
    let rest = number | 0;
    const bytes = this.#bytes;
    const start = this.#at;
    this.#at = start + digits;
    for (let at = start + digits - 1; at >= start; at--) {
      const tens = (rest / 10) | 0;
      bytes[at] = ZERO + rest - tens * 10;
      rest = tens;
    }
  }

  #reserve(count: number): void {
    if (this.#at + count <= this.#bytes.length) return;
    const grown = new Uint8Array(2 * (this.#at + count));
    grown.set(this.#bytes.subarray(0, this.#at));
    this.#bytes = grown;
  }
}

/** `"name":` by name: names repeat from reading to reading. For one answer: it grows with every name. */
export class JsonKeys {
  readonly #known = new Map<string, Uint8Array>();

  of(name: string): Uint8Array {
    let key = this.#known.get(name);
    if (key === undefined) {
      key = encoder.encode(`${JSON.stringify(name)}:`);
      this.#known.set(name, key);
    }
    return key;
  }
}
