type Column = Float64Array | Float32Array | Uint32Array | Int32Array | Uint16Array | Uint8Array;

/** Of numbers of flushes: at a hundred a second they pass 2^31 within nine months. */
export type FlushColumn = Float64Array<ArrayBuffer>;

/** The column with room for at least `length` entries: the same one, or a longer copy. */
export const withRoom = <T extends Column>(column: T, length: number): T => {
  if (length <= column.length) return column;
  const longer = new (column.constructor as new (length: number) => T)(
    Math.max(1024, length, column.length * 2),
  );
  longer.set(column as never);
  return longer;
};

/** Gives out entry numbers, the lowest unused or one given back. */
export class Entries {
  readonly #free: number[] = [];
  /** entry numbers ever given out: columns need that length */
  used = 0;

  take(): number {
    return this.#free.pop() ?? this.used++;
  }

  giveBack(entry: number): void {
    this.#free.push(entry);
  }
}
