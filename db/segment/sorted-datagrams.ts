import type { Batch } from "../../protocol/batch.ts";
import { EmptyColumns } from "./columns.ts";
import { orderByRun, orderBySequence } from "./run-order.ts";

/** Columns of datagrams with their runs, in memory that grows and is reused. */
class RunDatagrams extends EmptyColumns {
  run = new Uint32Array(0);

  /** Make room; what the columns held may be gone. */
  protected reserve(datagrams: number, readings: number): void {
    if (datagrams > this.run.length) {
      const room = Math.ceil(datagrams * 1.5);
      this.run = new Uint32Array(room);
      this.sequence = new Float64Array(room);
      this.datagramTime = new Float64Array(room);
      this.readingStart = new Uint32Array(room + 1);
    }
    if (readings > this.channel.length) {
      const room = Math.ceil(readings * 1.5);
      this.channel = new Uint16Array(room);
      this.type = new Uint8Array(room);
      this.readingTime = new Float64Array(room);
      this.value = new Float64Array(room);
    }
  }
}

/** All batches one after the other. Copying whole columns first is faster than to visit the batches in the order of runs. */
class ArrivedDatagrams extends RunDatagrams {
  fill(batches: readonly Batch[]): void {
    this.datagramCount = 0;
    this.readingCount = 0;
    for (const batch of batches) {
      this.datagramCount += batch.datagramCount;
      this.readingCount += batch.readingCount;
    }
    this.reserve(this.datagramCount, this.readingCount);
    let datagram = 0;
    let reading = 0;
    for (const batch of batches) {
      this.#append(batch, datagram, reading);
      datagram += batch.datagramCount;
      reading += batch.readingCount;
    }
    this.readingStart[datagram] = reading;
  }

  #append(batch: Batch, datagram: number, reading: number): void {
    const datagrams = batch.datagramCount;
    const readings = batch.readingCount;
    this.run.set(batch.datagramRun.subarray(0, datagrams), datagram);
    this.sequence.set(batch.datagramSequence.subarray(0, datagrams), datagram);
    this.datagramTime.set(batch.datagramTime.subarray(0, datagrams), datagram);
    this.channel.set(batch.readingChannel.subarray(0, readings), reading);
    this.type.set(batch.readingType.subarray(0, readings), reading);
    this.readingTime.set(batch.readingTime.subarray(0, readings), reading);
    this.value.set(batch.readingValue.subarray(0, readings), reading);
    const { datagramReadings } = batch;
    let start = reading;
    for (let index = 0; index < datagrams; index++) {
      this.readingStart[datagram + index] = start;
      start += datagramReadings[index]!;
    }
  }
}

/** Datagrams of several batches as one set of columns, sorted by run, then by sequence number. */
export class SortedDatagrams extends RunDatagrams {
  readonly #arrived = new ArrivedDatagrams();
  #order = new Uint32Array(0);
  #spare = new Uint32Array(0);
  #readings = new Uint32Array(0);

  /** Fill the columns from `batches`, which are in the order of arrival; valid until the next call. */
  sort(batches: readonly Batch[]): void {
    const arrived = this.#arrived;
    arrived.fill(batches);
    this.datagramCount = arrived.datagramCount;
    this.readingCount = arrived.readingCount;
    this.reserve(this.datagramCount, this.readingCount);
    if (this.#order.length < this.datagramCount) {
      this.#order = new Uint32Array(this.run.length);
      this.#spare = new Uint32Array(this.run.length);
    }
    const order = orderByRun(arrived.run, arrived.datagramCount, this.#order, this.#spare);
    this.#sortRuns(order);
    this.#copy(order);
  }

  #sortRuns(order: Uint32Array): void {
    const { run, sequence, datagramCount } = this.#arrived;
    for (let from = 0, to = 0; from < datagramCount; from = to) {
      const current = run[order[from]!];
      while (to < datagramCount && run[order[to]!] === current) to++;
      orderBySequence(order, from, to, sequence);
    }
  }

  /** One column after the other: simple loops, in which waiting for one value overlaps with waiting for the next ones. */
  #copy(order: Uint32Array): void {
    const arrived = this.#arrived;
    const { datagramCount, readingCount } = this;
    copyIntegers(arrived.run, order, datagramCount, this.run);
    copyFloats(arrived.sequence, order, datagramCount, this.sequence);
    copyFloats(arrived.datagramTime, order, datagramCount, this.datagramTime);
    const readings = this.#orderReadings(order);
    copyIntegers(arrived.channel, readings, readingCount, this.channel);
    copyIntegers(arrived.type, readings, readingCount, this.type);
    copyFloats(arrived.readingTime, readings, readingCount, this.readingTime);
    copyFloats(arrived.value, readings, readingCount, this.value);
  }

  /** Fill `readingStart`. @returns where each reading is among those that arrived */
  #orderReadings(order: Uint32Array): Uint32Array {
    if (this.#readings.length < this.readingCount) this.#readings = new Uint32Array(this.channel.length);
    const readings = this.#readings;
    const starts = this.readingStart;
    const arrivedStarts = this.#arrived.readingStart;
    let reading = 0;
    for (let at = 0; at < this.datagramCount; at++) {
      const from = order[at]!;
      starts[at] = reading;
      const end = arrivedStarts[from + 1]!;
      for (let source = arrivedStarts[from]!; source < end; source++) readings[reading++] = source;
    }
    starts[this.datagramCount] = reading;
    return readings;
  }
}

const copyFloats = (from: Float64Array, order: Uint32Array, count: number, to: Float64Array): void => {
  for (let at = 0; at < count; at++) to[at] = from[order[at]!]!;
};

type Integers = Uint8Array | Uint16Array | Uint32Array;

/** Apart from `copyFloats`, so that each is compiled for few kinds of arrays. */
const copyIntegers = <T extends Integers>(from: T, order: Uint32Array, count: number, to: T): void => {
  for (let at = 0; at < count; at++) to[at] = from[order[at]!]!;
};
