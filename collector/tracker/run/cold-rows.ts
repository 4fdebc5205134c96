import { widen } from "../widen.ts";
import * as runRow from "./run-row.ts";

// as a local it becomes part of the code (docs/decisions/0012-local-constants.md)
const { COLD_FIELDS } = runRow;

const FIRST_ROWS = 256;

/** Room for the cold fields of the runs that have some (run-row.ts): COLD_FIELDS values from `place * COLD_FIELDS` on. Place 0 is nobody's and all 0. */
export class ColdRows {
  values = new Float64Array(FIRST_ROWS * COLD_FIELDS);
  readonly #free: number[] = [];
  #used = 1;

  /** @returns a place whose values are 0 */
  take(): number {
    const place = this.#free.pop() ?? this.#used++;
    const needed = this.#used * COLD_FIELDS;
    if (needed > this.values.length)
      this.values = widen(this.values, new Float64Array(2 * this.values.length));
    return place;
  }

  /** Copy the COLD_FIELDS values of a place to `into` from `at` on. */
  read(place: number, into: Float64Array, at: number): void {
    const base = place * COLD_FIELDS;
    for (let field = 0; field < COLD_FIELDS; field++) into[at + field] = this.values[base + field]!;
  }

  giveBack(place: number): void {
    this.values.fill(0, place * COLD_FIELDS, (place + 1) * COLD_FIELDS);
    this.#free.push(place);
  }
}
