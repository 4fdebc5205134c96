import type { PlainStored } from "../filled-batch.ts";
import { integers, values } from "./columns.ts";
import type { StoredBytes } from "./stored-bytes.ts";

/** (channel, type) of each reading of a datagram. */
type Shape = { channel: number; type: number }[];

const shape = (input: StoredBytes): Shape => {
  const entries: Shape = [];
  let channel = 0;
  for (let left = input.varint(); left > 0; left--) {
    const code = input.varint();
    const zigzag = Math.floor(code / 8);
    channel += zigzag % 2 === 0 ? zigzag / 2 : -(zigzag + 1) / 2;
    entries.push({ channel, type: code % 8 === 7 ? input.u8() : code % 8 });
  }
  return entries;
};

const nameOf = ({ channel, type }: Shape[number]): string => `${channel}/${type}`;

/**
 * The datagrams of a block, to its last byte, and the mode of its reading times (null = it has none).
 * @param isAscending - in form 0 a line goes by the sequence numbers
 */
export const block = (
  input: StoredBytes,
  count: number,
  originUs: number,
  isAscending: boolean,
): { datagrams: Omit<PlainStored, "run">[]; mode: number | null } => {
  const sequence = integers(input, count);
  const time = integers(input, count, originUs, isAscending ? sequence : []);
  const shapes = Array.from({ length: input.varint() }, () => shape(input));
  const shapeOf = shapes.length > 1 ? integers(input, count) : new Array<number>(count).fill(0);
  const entries = shapeOf.flatMap((which, datagram) =>
    shapes[which]!.map((entry, at) => ({ ...entry, datagram, which, at, column: nameOf(entry) })),
  );
  const names = [...new Set(shapes.flat().map(nameOf))];
  /** A column of each (channel, type), put into the order of the readings. */
  const byColumn = (read: (size: number) => number[]): number[] => {
    const columns = new Map(
      names.map((name) => [name, read(entries.filter(({ column }) => column === name).length)]),
    );
    return entries.map(({ column }) => columns.get(column)!.shift()!);
  };

  const mode = entries.length === 0 ? null : input.u8();
  const readingTimes = (): number[] => {
    const timeOf = ({ datagram }: { datagram: number }): number => time[datagram]!;
    if (mode === 0) return entries.map(timeOf);
    if (mode === 1) {
      const offsets = integers(input, shapes.flat().length);
      const startOf = (which: number): number => shapes.slice(0, which).flat().length;
      return entries.map((entry) => timeOf(entry) + offsets[startOf(entry.which) + entry.at]!);
    }
    if (mode === 2) {
      const offsets = byColumn((size) => integers(input, size));
      return entries.map((entry, at) => timeOf(entry) + offsets[at]!);
    }
    if (mode === 3) return byColumn((size) => integers(input, size, originUs, [...Array(size).keys()]));
    throw new RangeError(`mode ${mode} of reading times`);
  };

  const times = mode === null ? [] : readingTimes();
  const value = mode === null ? [] : byColumn((size) => values(input, size));
  if (!input.isAtEnd) throw new RangeError("a block has more bytes");
  const datagrams = sequence.map((number, datagram) => ({
    sequence: number,
    time: time[datagram]!,
    readings: entries.flatMap(({ channel, type, datagram: its }, at) =>
      its === datagram ? [{ channel, type, time: times[at]!, value: value[at]! }] : [],
    ),
  }));
  return { datagrams, mode };
};
