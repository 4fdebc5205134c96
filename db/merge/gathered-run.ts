import type { DatagramColumns } from "../segment/columns.ts";
import { GrowingColumns } from "../segment/growing-columns.ts";
import { orderBySequence } from "../segment/run-order.ts";

/** All datagrams of one run that a merge finds, ascending by sequence number in the end. Grows, and is reused from run to run. */
export class GatheredRun {
  readonly #arrived = new GrowingColumns();
  readonly #sorted = new GrowingColumns();
  #order = new Uint32Array(0);
  #isAscending = true;

  get datagramCount(): number {
    return this.#arrived.datagramCount;
  }

  reset(): void {
    this.#arrived.reset();
    this.#isAscending = true;
  }

  /** Append datagrams, which are copied; they ascend. */
  append(from: DatagramColumns): void {
    const to = this.#arrived;
    const [datagram, reading] = [to.datagramCount, to.readingCount];
    const { datagramCount, readingCount } = from;
    if (datagramCount === 0) return;
    to.reserve(datagram + datagramCount, reading + readingCount);
    if (datagram > 0 && from.sequence[0]! <= to.sequence[datagram - 1]!) this.#isAscending = false;
    for (let index = 0; index < datagramCount; index++) {
      to.sequence[datagram + index] = from.sequence[index]!;
      to.datagramTime[datagram + index] = from.datagramTime[index]!;
      to.readingStart[datagram + index] = from.readingStart[index]! + reading;
    }
    for (let index = 0; index < readingCount; index++) {
      to.channel[reading + index] = from.channel[index]!;
      to.type[reading + index] = from.type[index]!;
      to.readingTime[reading + index] = from.readingTime[index]!;
      to.value[reading + index] = from.value[index]!;
    }
    to.datagramCount = datagram + datagramCount;
    to.readingCount = reading + readingCount;
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
