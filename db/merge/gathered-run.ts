import type { DatagramColumns } from "../segment/columns.ts";
import { GrowingColumns } from "../segment/growing-columns.ts";
import { orderBySequence } from "../segment/run-order.ts";

/** All datagrams of one run that a merge finds, ascending by sequence number in the end. Grows, and is reused from run to run. */
export class GatheredRun {
  readonly #arrived = new GrowingColumns();
  readonly #sorted = new GrowingColumns();
  #order = new Uint32Array(0);
  #isAscending = true;

  reset(): void {
    this.#arrived.reset();
    this.#isAscending = true;
  }

  /** how many there are so far, and readings in them */
  get datagrams(): number {
    return this.#arrived.datagramCount;
  }

  get readings(): number {
    return this.#arrived.readingCount;
  }

  /** Append datagrams [first, end), which are copied; they ascend. */
  append(from: DatagramColumns, first = 0, end = from.datagramCount): void {
    if (end === first) return;
    const to = this.#arrived;
    const firstReading = from.readingStart[first]!;
    const endReading = from.readingStart[end]!;
    const datagram = to.datagramCount;
    const toReading = to.readingCount - firstReading;
    to.reserve(datagram + end - first, toReading + endReading);
    if (datagram > 0 && from.sequence[first]! <= to.sequence[datagram - 1]!) this.#isAscending = false;
    for (let index = first, at = datagram; index < end; index++, at++) {
      to.sequence[at] = from.sequence[index]!;
      to.datagramTime[at] = from.datagramTime[index]!;
      to.readingStart[at] = from.readingStart[index]! + toReading;
    }
    for (let index = firstReading, at = to.readingCount; index < endReading; index++, at++) {
      to.channel[at] = from.channel[index]!;
      to.type[at] = from.type[index]!;
      to.readingTime[at] = from.readingTime[index]!;
      to.value[at] = from.value[index]!;
    }
    to.datagramCount = datagram + end - first;
    to.readingCount = toReading + endReading;
    to.readingStart[to.datagramCount] = to.readingCount;
  }

  /** The datagrams ascending by sequence number; valid until more is appended. */
  sorted(): DatagramColumns {
    if (this.#isAscending) return this.#arrived;
    const count = this.#arrived.datagramCount;
    if (this.#order.length < count) this.#order = new Uint32Array(Math.ceil(count * 1.5));
    const order = this.#order;
    for (let index = 0; index < count; index++) order[index] = index;
    orderBySequence(order, 0, count, this.#arrived.sequence);
    this.#copy(order);
    return this.#sorted;
  }

  #copy(order: Uint32Array): void {
    const [from, to] = [this.#arrived, this.#sorted];
    to.reserve(from.datagramCount, from.readingCount);
    let reading = 0;
    for (let index = 0; index < from.datagramCount; index++) {
      const source = order[index]!;
      to.sequence[index] = from.sequence[source]!;
      to.datagramTime[index] = from.datagramTime[source]!;
      to.readingStart[index] = reading;
      for (let at = from.readingStart[source]!; at < from.readingStart[source + 1]!; at++, reading++) {
        to.channel[reading] = from.channel[at]!;
        to.type[reading] = from.type[at]!;
        to.readingTime[reading] = from.readingTime[at]!;
        to.value[reading] = from.value[at]!;
      }
    }
    to.readingStart[from.datagramCount] = reading;
    to.datagramCount = from.datagramCount;
    to.readingCount = reading;
  }
}
