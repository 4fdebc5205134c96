import { crc32 } from "node:zlib";
import type { Batch } from "../../protocol/batch.ts";
import { ByteWriter } from "../codec/byte-writer.ts";
import { encodeBlock } from "./block.ts";
import type { BuiltSegment, SegmentSummary } from "./columns.ts";
import { FORM, formOf, prefixOf, writeHead } from "./segment-head.ts";
import { SortedDatagrams } from "./sorted-datagrams.ts";

/** Builds one segment per flush; keeps its scratch memory, so make one per writer. */
export class SegmentBuilder {
  readonly #sorted = new SortedDatagrams();
  readonly #head = new ByteWriter();
  readonly #blocks = new ByteWriter(1 << 16);
  #runNumbers = new Float64Array(64);
  #runDatagrams = new Float64Array(64);
  #blockBytes = new Float64Array(64);

  /** The datagrams of the last segment built; valid until the next one. */
  get sorted(): SortedDatagrams {
    return this.#sorted;
  }

  /** @param batches - in order of arrival; only read */
  build(batches: readonly Batch[]): BuiltSegment {
    const sorted = this.#sorted;
    sorted.sort(batches);
    const runs = this.#findRuns();
    const summary = { ...summaryOf(sorted, runs), ...arrivalsOf(batches) };
    const form = formOf(runs, sorted.datagramCount);
    this.#blocks.reset();
    if (form === FORM.WHOLE) this.#writeWhole(summary.firstTimeUs);
    else this.#writeBlocks(runs, summary.firstTimeUs);
    this.#head.reset();
    writeHead(this.#head, {
      form,
      summary,
      runNumbers: this.#runNumbers,
      runDatagrams: this.#runDatagrams,
      blockBytes: this.#blockBytes,
    });
    return {
      ...summary,
      blob: concatenate(form, this.#head.written(), this.#blocks.written()),
      runNumbers: Uint32Array.from(this.#runNumbers.subarray(0, runs)),
      runDatagrams: Uint32Array.from(this.#runDatagrams.subarray(0, runs)),
    };
  }

  #findRuns(): number {
    const { run, datagramCount } = this.#sorted;
    let runs = 0;
    let from = 0;
    for (let at = 1; at <= datagramCount; at++) {
      if (at < datagramCount && run[at] === run[from]) continue;
      if (runs === this.#runNumbers.length) this.#growRuns();
      this.#runNumbers[runs] = run[from]!;
      this.#runDatagrams[runs++] = at - from;
      from = at;
    }
    return runs;
  }

  #growRuns(): void {
    const grown = (from: Float64Array): Float64Array<ArrayBuffer> => {
      const to = new Float64Array(from.length * 2);
      to.set(from);
      return to;
    };
    this.#runNumbers = grown(this.#runNumbers);
    this.#runDatagrams = grown(this.#runDatagrams);
    this.#blockBytes = grown(this.#blockBytes);
  }

  #writeBlocks(runs: number, originUs: number): void {
    let from = 0;
    for (let index = 0; index < runs; index++) {
      const to = from + this.#runDatagrams[index]!;
      const start = this.#blocks.length;
      encodeBlock(this.#blocks, this.#sorted, from, to, originUs, true);
      this.#blockBytes[index] = this.#blocks.length - start;
      this.#blocks.u32(crc32(this.#blocks.since(start)));
      from = to;
    }
  }

  #writeWhole(originUs: number): void {
    encodeBlock(this.#blocks, this.#sorted, 0, this.#sorted.datagramCount, originUs, false);
    this.#blocks.u32(crc32(this.#blocks.since(0)));
  }
}

const concatenate = (form: number, head: Uint8Array, blocks: Uint8Array): Uint8Array => {
  const prefix = prefixOf(form, head);
  const blob = new Uint8Array(prefix.length + head.length + blocks.length);
  blob.set(prefix);
  blob.set(head, prefix.length);
  blob.set(blocks, prefix.length + head.length);
  return blob;
};

/** [smallest, greatest]; zeros for none. */
const rangeOf = (values: Float64Array, count: number): [number, number] => {
  if (count === 0) return [0, 0];
  let [least, greatest] = [values[0]!, values[0]!];
  for (let index = 1; index < count; index++) {
    const value = values[index]!;
    if (value < least) least = value;
    if (value > greatest) greatest = value;
  }
  return [least, greatest];
};

const summaryOf = (
  { datagramCount, readingCount, datagramTime, readingTime }: SortedDatagrams,
  runs: number,
): Omit<SegmentSummary, "firstArrivalUs" | "lastArrivalUs"> => {
  const times = rangeOf(datagramTime, datagramCount);
  const [firstReadingTimeUs, lastReadingTimeUs] =
    readingCount === 0 ? times : rangeOf(readingTime, readingCount);
  return {
    runs,
    datagrams: datagramCount,
    readings: readingCount,
    firstTimeUs: times[0],
    lastTimeUs: times[1],
    firstReadingTimeUs,
    lastReadingTimeUs,
  };
};

const arrivalsOf = (batches: readonly Batch[]): { firstArrivalUs: number; lastArrivalUs: number } => {
  let [firstArrivalUs, lastArrivalUs] = [0, 0];
  for (const batch of batches) {
    if (batch.datagramCount === 0) continue;
    if (firstArrivalUs === 0 || batch.firstArrivalUs < firstArrivalUs) firstArrivalUs = batch.firstArrivalUs;
    if (batch.lastArrivalUs > lastArrivalUs) lastArrivalUs = batch.lastArrivalUs;
  }
  return { firstArrivalUs, lastArrivalUs };
};
