const LEAST = 1024;

/**
 * Memory that encoders and decoders reuse from column to column. It is shared by all of a thread: a function may use a slot only between
 * two calls of others that use the same one, and nothing here is asynchronous.
 */
export class Scratch {
  // nothing at first, so that no code is compiled for a field that never changes (docs/decisions/0014-compiled-before-it-counts.md)
  private values = new Float64Array(0);

  /** At least `count` values; what they hold is left over from the last use. */
  take(count: number): Float64Array {
    if (this.values.length < count)
      this.values = new Float64Array(Math.max(count, this.values.length * 2, LEAST));
    return this.values;
  }
}
