/** Copy into a larger array of the same kind. */
export const widen = <T extends Int32Array | Float64Array | Uint8Array>(from: T, to: T): T => {
  to.set(from);
  return to;
};
