/** The bits of floating-point numbers as integers; one cell of memory per thread, so nothing is allocated per value. */
const cell = new DataView(new ArrayBuffer(8));

/** High word of a float64 (sign, exponent, 20 bits of the mantissa) as a signed integer. */
export const highWord = (value: number): number => {
  cell.setFloat64(0, value);
  return cell.getInt32(0);
};

/** Low word of a float64 as an unsigned integer. */
export const lowWord = (value: number): number => {
  cell.setFloat64(0, value);
  return cell.getUint32(4);
};

export const float64Of = (high: number, low: number): number => {
  cell.setInt32(0, high);
  cell.setUint32(4, low);
  return cell.getFloat64(0);
};

/**
 * The bits of a float32 as a signed integer that grows with the number, -0 just below 0: neighbouring numbers have neighbouring integers.
 */
export const orderedFloat32 = (value: number): number => {
  cell.setFloat32(0, value);
  const bits = cell.getInt32(0);
  return bits >= 0 ? bits : bits ^ 0x7fff_ffff;
};

export const float32OfOrdered = (ordered: number): number => {
  cell.setInt32(0, ordered >= 0 ? ordered : ordered ^ 0x7fff_ffff);
  return cell.getFloat32(0);
};

/** Whether two numbers have the same bits, payloads of NaN included. */
export const sameBits = (a: number, b: number): boolean =>
  a === b ? a !== 0 || Object.is(a, b) : highWord(a) === highWord(b) && lowWord(a) === lowWord(b);

/** Exponent of the lowest bit set in a finite number other than 0: it is an odd multiple of 2^exponent. */
export const lowestExponent = (value: number): number => {
  cell.setFloat64(0, value);
  const high = cell.getInt32(0);
  const low = cell.getInt32(4);
  const biased = (high >>> 20) & 0x7ff;
  // numbers below 2^-1022 have no leading 1 and the exponent of the smallest that do
  const mantissa = (high & 0xf_ffff) | (biased === 0 ? 0 : 0x10_0000);
  const zeros = low !== 0 ? 31 - Math.clz32(low & -low) : 63 - Math.clz32(mantissa & -mantissa);
  return (biased === 0 ? 1 : biased) - 1075 + zeros;
};
