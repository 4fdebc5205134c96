import type { Shapes } from "./shapes.ts";

/**
 * Where each reading of a block lies when readings are grouped by value column: one column after the other, each in datagram order.
 * Grows, and is reused.
 */
export class ReadingColumns {
  /** readings of column c: columnStart[c] to columnStart[c + 1] */
  columnStart = new Uint32Array(17);
  private uses = new Uint32Array(64);
  private cursor = new Uint32Array(16);

  /**
   * Lay out the readings of `count` datagrams.
   * @param shapeOf - shape of each datagram
   * @returns how many readings they have
   */
  arrange(shapes: Shapes, shapeOf: Float64Array, count: number): number {
    this.countUses(shapes, shapeOf, count);
    const columns = shapes.columnCount;
    if (columns >= this.columnStart.length) {
      this.columnStart = new Uint32Array(columns * 2 + 1);
      this.cursor = new Uint32Array(columns * 2);
    }
    const start = this.columnStart;
    start.fill(0, 0, columns + 1);
    let readings = 0;
    for (let shape = 0; shape < shapes.count; shape++) {
      const uses = this.uses[shape]!;
      for (let entry = shapes.entryStart[shape]!; entry < shapes.entryStart[shape + 1]!; entry++) {
        start[shapes.column[entry]! + 1]! += uses;
        readings += uses;
      }
    }
    for (let column = 0; column < columns; column++) start[column + 1]! += start[column]!;
    return readings;
  }

  private countUses(shapes: Shapes, shapeOf: Float64Array, count: number): void {
    if (shapes.count > this.uses.length) this.uses = new Uint32Array(shapes.count * 2);
    if (shapes.count === 1) {
      this.uses[0] = count;
      return;
    }
    this.uses.fill(0, 0, shapes.count);
    for (let index = 0; index < count; index++) this.uses[shapeOf[index]!]!++;
  }

  /** `grouped[place] = values[from...]`, reading by reading. */
  group(
    shapes: Shapes,
    shapeOf: Float64Array,
    count: number,
    values: Float64Array,
    from: number,
    grouped: Float64Array,
  ): void {
    const cursor = this.rewind(shapes);
    let reading = from;
    for (let index = 0; index < count; index++) {
      const shape = shapeOf[index]!;
      const end = shapes.entryStart[shape + 1]!;
      for (let entry = shapes.entryStart[shape]!; entry < end; entry++) {
        grouped[cursor[shapes.column[entry]!]!++] = values[reading++]!;
      }
    }
  }

  /** Undo `group`, into `values[0..]`. */
  ungroup(
    shapes: Shapes,
    shapeOf: Float64Array,
    count: number,
    grouped: Float64Array,
    values: Float64Array,
  ): void {
    const cursor = this.rewind(shapes);
    let reading = 0;
    for (let index = 0; index < count; index++) {
      const shape = shapeOf[index]!;
      const end = shapes.entryStart[shape + 1]!;
      for (let entry = shapes.entryStart[shape]!; entry < end; entry++) {
        values[reading++] = grouped[cursor[shapes.column[entry]!]!++]!;
      }
    }
  }

  private rewind(shapes: Shapes): Uint32Array {
    for (let column = 0; column < shapes.columnCount; column++)
      this.cursor[column] = this.columnStart[column]!;
    return this.cursor;
  }
}
