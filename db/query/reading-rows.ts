import { undescribedName } from "../../protocol/text.ts";
import type { RunColumns } from "../segment/columns.ts";
import type { NamedRun } from "../view/packed-runs.ts";
import { hasPlace } from "../view/place-set.ts";
import { type ReadingValue, readingValue } from "../view/reading-value.ts";
import { rowsOfDatagram } from "./datagram-rows.ts";
import type { ReadingRow } from "./query-types.ts";
import type { ReadingsRequest } from "./readings-request.ts";

/** A row as JSON, without its values: time, epoch, run and number. */
const ROW_BYTES = 80;
/** A value of some ten digits, and what stands between name and value. */
const VALUE_BYTES = 16;

/** Of a row as text, about. @param names - of its values */
export const bytesOf = (names: readonly string[]): number => {
  let bytes = ROW_BYTES;
  for (const name of names) bytes += name.length + VALUE_BYTES;
  return bytes;
};

/** Makes the rows of one run that a query is answered with. */
export class ReadingRows {
  readonly #request: ReadingsRequest;
  readonly #run: NamedRun;
  /** of the channels that have come; null = not asked for */
  readonly #names = new Map<number, string | null>();
  /** names that hold in the run's epoch, by channel; made when the first row asks */
  #described: ReadonlyMap<number, string> | undefined;

  constructor(request: ReadingsRequest, run: NamedRun) {
    this.#request = request;
    this.#run = run;
  }

  /** The datagram's rows: readings that share a time, a channel at most once in each. Null: outside of the query. */
  of(columns: RunColumns, datagram: number): (ReadingRow | null)[] {
    const sequence = columns.sequence[datagram]!;
    const start = columns.readingStart[datagram]!;
    // most often: no need to look for readings that belong together
    if (columns.readingStart[datagram + 1] === start + 1) return [this.#rowOf(columns, [start], sequence)];
    return rowsOfDatagram(columns, datagram).map(({ readings }) =>
      this.#rowOf(columns, [...readings.values()], sequence),
    );
  }

  /** @param readings - indices of at least one, which share a time */
  #rowOf(columns: RunColumns, readings: readonly number[], sequence: number): ReadingRow | null {
    const { fromUs, toUs } = this.#request;
    const timeUs = columns.readingTime[readings[0]!]!;
    if ((fromUs !== null && timeUs < fromUs) || (toUs !== null && timeUs >= toUs)) return null;
    const names: string[] = [];
    const values: ReadingValue[] = [];
    for (const reading of readings) {
      const name = this.#nameOf(columns.channel[reading]!);
      if (name === null) continue;
      names.push(name);
      values.push(readingValue(columns.type[reading]!, columns.value[reading]!));
    }
    if (names.length === 0) return null;
    const { epoch, index, isUnsequenced } = this.#run;
    return { timeUs, epoch, run: index, sequence: isUnsequenced ? null : sequence, names, values };
  }

  /** Found out once for each channel: with many of them, and many asked for, it takes longer than all else. */
  #nameOf(channel: number): string | null {
    const known = this.#names.get(channel);
    if (known !== undefined) return known;
    const { channels } = this.#request;
    this.#described ??= this.#describedInRun();
    const name = this.#described.get(channel) ?? undescribedName(channel);
    const wanted = channels.length === 0 || channels.includes(name) ? name : null;
    this.#names.set(channel, wanted);
    return wanted;
  }

  #describedInRun(): ReadonlyMap<number, string> {
    const holding = this.#request.descriptions.filter(({ place }) => hasPlace(this.#run.places, place));
    return new Map(holding.map(({ channel, name }) => [channel, name]));
  }
}
