import { type DatagramRow, rowsOfDatagram } from "../../db/query/datagram-rows.ts";
import type { RunColumns } from "../../db/segment/columns.ts";
import { readingValue } from "../../db/view/reading-value.ts";
import { undescribedName } from "../../protocol/text.ts";
import { formatTime } from "../../protocol/time.ts";
import { type KeyCache, valuesJson } from "../answers/json-values.ts";
import type { LiveRun, ReadingValue } from "../sources.ts";
import type { Told } from "./order-hold.ts";

/** A channel's name: described, or `ch7`. */
const nameOf = (run: LiveRun, channel: number): string => run.names.get(channel) ?? undescribedName(channel);

/** One event; its id is that of the part, the run and the row's index among the rows of the run. */
const eventText = (id: string, isLate: boolean, data: string): string =>
  `id: ${id}\nevent: ${isLate ? "late" : "reading"}\ndata: ${data}\n\n`;

const ALL = (): boolean => true;

/** Writes events `reading` and `late`; keeps the text of names, so make one per feed. */
export class ReadingText {
  readonly #keys: KeyCache = new Map();
  readonly #heads = new WeakMap<LiveRun, string>();

  /**
   * What is told of a run, in order: an event for each row with a wanted channel.
   * @param prefix - of their ids: the part's, and the run's number
   * @param channels - names; empty = all
   * @param isWanted - by index of the row among those of the run
   */
  events(
    run: LiveRun,
    prefix: string,
    told: readonly Told[],
    channels: readonly string[],
    isWanted: (index: number) => boolean = ALL,
  ): string {
    let events = "";
    let index = 0;
    for (const each of told) {
      for (const row of this.#rows(run, each, channels)) {
        if (row !== null && isWanted(index)) events += eventText(`${prefix}-${index}`, each.isLate, row);
        index++;
      }
    }
    return events;
  }

  /** The rows of a datagram as JSON, in order; null where a row has no wanted channel. */
  #rows(run: LiveRun, { columns, datagram }: Told, channels: readonly string[]): (string | null)[] {
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
