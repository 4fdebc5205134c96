import type { Batch } from "../../protocol/batch.ts";
import type { DatagramColumns } from "./columns.ts";

/** Datagrams of several batches as one set of columns, sorted by run, then by sequence number. Memory is reused; see `sort`. */
export class SortedDatagrams implements DatagramColumns {
  datagramCount = 0;
  readingCount = 0;
  run = new Uint32Array(0);
  sequence = new Float64Array(0);
  datagramTime = new Float64Array(0);
  readingStart = new Uint32Array(1);
  channel = new Uint16Array(0);
  type = new Uint8Array(0);
  readingTime = new Float64Array(0);
  value = new Float64Array(0);
  /** in order of arrival: run, sequence, and where the datagram is */
  #arrivedRun = new Uint32Array(0);
  #arrivedSequence = new Float64Array(0);
  #batch = new Uint16Array(0);
  #index = new Uint16Array(0);
  #firstReading = new Uint32Array(0);
  #order = new Uint32Array(0);

  /** Fill the columns from `batches`; valid until the next call. */
  sort(batches: readonly Batch[]): void {
    this.#reserve(batches);
    this.#gather(batches);
    this.#sortOrder();
    this.#copy(batches);
  }

  #reserve(batches: readonly Batch[]): void {
    this.datagramCount = 0;
    this.readingCount = 0;
    for (const batch of batches) {
      this.datagramCount += batch.datagramCount;
      this.readingCount += batch.readingCount;
    }
    if (this.datagramCount > this.run.length) {
      const room = Math.ceil(this.datagramCount * 1.5);
      this.run = new Uint32Array(room);
      this.sequence = new Float64Array(room);
      this.datagramTime = new Float64Array(room);
      this.readingStart = new Uint32Array(room + 1);
      this.#arrivedRun = new Uint32Array(room);
      this.#arrivedSequence = new Float64Array(room);
      this.#batch = new Uint16Array(room);
      this.#index = new Uint16Array(room);
      this.#firstReading = new Uint32Array(room);
      this.#order = new Uint32Array(room);
    }
    if (this.readingCount > this.channel.length) {
      const room = Math.ceil(this.readingCount * 1.5);
      this.channel = new Uint16Array(room);
      this.type = new Uint8Array(room);
      this.readingTime = new Float64Array(room);
      this.value = new Float64Array(room);
    }
  }

  #gather(batches: readonly Batch[]): void {
    let at = 0;
    for (const [number, batch] of batches.entries()) {
      let reading = 0;
      for (let index = 0; index < batch.datagramCount; index++, at++) {
        this.#arrivedRun[at] = batch.datagramRun[index]!;
        this.#arrivedSequence[at] = batch.datagramSequence[index]!;
        this.#batch[at] = number;
        this.#index[at] = index;
        this.#firstReading[at] = reading;
        this.#order[at] = at;
        reading += batch.datagramReadings[index]!;
      }
    }
  }

  /** A stable bucket pass by run; then each run in which a datagram overtook another is sorted by sequence. */
  #sortOrder(): void {
    const runs = this.#arrivedRun;
    const sequences = this.#arrivedSequence;
    const order = this.#order.subarray(0, this.datagramCount);
    bucketByRun(order, runs, order.length);
    let from = 0;
    let isAscending = true;
    for (let at = 1; at <= order.length; at++) {
      const isSameRun = at < order.length && runs[order[at]!] === runs[order[from]!];
      if (isSameRun) {
        if (sequences[order[at]!]! < sequences[order[at - 1]!]!) isAscending = false;
        continue;
      }
      if (!isAscending) order.subarray(from, at).sort((a, b) => sequences[a]! - sequences[b]!);
      from = at;
      isAscending = true;
    }
  }

  #copy(batches: readonly Batch[]): void {
    let reading = 0;
    for (let at = 0; at < this.datagramCount; at++) {
      const from = this.#order[at]!;
      const batch = batches[this.#batch[from]!]!;
      const index = this.#index[from]!;
      this.run[at] = this.#arrivedRun[from]!;
      this.sequence[at] = this.#arrivedSequence[from]!;
      this.datagramTime[at] = batch.datagramTime[index]!;
      this.readingStart[at] = reading;
      const first = this.#firstReading[from]!;
      const end = first + batch.datagramReadings[index]!;
      for (let source = first; source < end; source++, reading++) {
        this.channel[reading] = batch.readingChannel[source]!;
        this.type[reading] = batch.readingType[source]!;
        this.readingTime[reading] = batch.readingTime[source]!;
        this.value[reading] = batch.readingValue[source]!;
      }
    }
    this.readingStart[this.datagramCount] = reading;
  }
}

const RADIX_BITS = 11;
const RADIX = 1 << RADIX_BITS;
const counts = new Uint32Array(RADIX);
let other = new Uint32Array(0);

/** Sorts `order` by `runs[order[i]]`, stable, least significant digits first; only as many passes as the spread of the numbers needs. */
const bucketByRun = (order: Uint32Array, runs: Uint32Array, count: number): void => {
  let least = 0xffff_ffff;
  let greatest = 0;
  for (let at = 0; at < count; at++) {
    if (runs[at]! < least) least = runs[at]!;
    if (runs[at]! > greatest) greatest = runs[at]!;
  }
  if (count === 0 || least === greatest) return;
  if (other.length < count) other = new Uint32Array(count * 2);
  for (let divisor = 1; divisor <= greatest - least; divisor *= RADIX) {
    counts.fill(0);
    for (let at = 0; at < count; at++) counts[Math.floor((runs[order[at]!]! - least) / divisor) % RADIX]!++;
    let start = 0;
    for (let digit = 0; digit < RADIX; digit++) {
      const size = counts[digit]!;
      counts[digit] = start;
      start += size;
    }
    for (let at = 0; at < count; at++) {
      const digit = Math.floor((runs[order[at]!]! - least) / divisor) % RADIX;
      other[counts[digit]!++] = order[at]!;
    }
    order.set(other.subarray(0, count));
  }
};
