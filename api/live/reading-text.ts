import { type DatagramRow, rowsOfDatagram } from "../../db/datagram-rows.ts";
import { readingValue } from "../../db/reading-value.ts";
import type { RunColumns } from "../../db/segment/columns.ts";
import { undescribedName } from "../../protocol/text.ts";
import { formatTime } from "../../protocol/time.ts";
import { type KeyCache, valuesJson } from "../json-values.ts";
import type { LiveRun, ReadingValue } from "../sources.ts";
import type { Told } from "./order-hold.ts";

/** A channel's name: described, or `ch7`. */
const nameOf = (run: LiveRun, channel: number): string => run.names.get(channel) ?? undescribedName(channel);

/** Writes the data of events `reading` and `late`; keeps the text of names, so make one per feed. */
export class ReadingText {
  readonly #keys: KeyCache = new Map();
  readonly #heads = new WeakMap<LiveRun, string>();

  /**
   * The rows of a datagram as JSON, in order; null where a row has no wanted channel.
   * @param channels - names; empty = all
   */
  rows(run: LiveRun, { columns, datagram }: Told, channels: readonly string[]): (string | null)[] {
    const seq = run.isUnsequenced ? null : columns.sequence[datagram]!;
    return rowsOfDatagram(columns, datagram).map((row) => {
      const values = this.#values(run, columns, row, channels);
      if (values === null) return null;
      return `${this.#head(run)}"seq":${seq},"time":"${formatTime(row.timeUs)}","values":${values}}`;
    });
  }

  #values(
    run: LiveRun,
    { type, value }: RunColumns,
    row: DatagramRow,
    wanted: readonly string[],
  ): string | null {
    const names: string[] = [];
    const values: ReadingValue[] = [];
    for (const [channel, reading] of row.readings) {
      const name = nameOf(run, channel);
      if (wanted.length > 0 && !wanted.includes(name)) continue;
      names.push(name);
      values.push(readingValue(type[reading]!, value[reading]!));
    }
    return names.length === 0 ? null : valuesJson(names, values, this.#keys);
  }

  #head(run: LiveRun): string {
    let head = this.#heads.get(run);
    if (head === undefined) {
      head = `{"device":${JSON.stringify(run.device)},"epoch":${run.epoch},"run":${run.index},`;
      this.#heads.set(run, head);
    }
    return head;
  }
}
