import type { StoredBytes } from "./stored-bytes.ts";

const TWO_53 = 2n ** 53n;

const bitLength = (value: bigint): number => (value === 0n ? 0 : value.toString(2).length);

/** How many digits are in a group, and in how many bits: the fewest bits a digit, of equals the fewer digits. */
const groupOf = (range: bigint): { digits: number; bits: number } => {
  let best = { digits: 1, bits: bitLength(range - 1n) };
  for (let digits = 1; digits <= 53 && range ** BigInt(digits) <= TWO_53; digits++) {
    const bits = bitLength(range ** BigInt(digits) - 1n);
    if (bits * best.digits < best.bits * digits) best = { digits, bits };
  }
  return best;
};

const digits = (input: StoredBytes, count: number, range: number): number[] => {
  if (range === 1) return new Array<number>(count).fill(0);
  const base = BigInt(range);
  const group = groupOf(base);
  const sizes: number[] = [];
  for (let left = count; left > 0; left -= group.digits) sizes.push(Math.min(left, group.digits));
  const widths = sizes.map((size) =>
    size === group.digits ? group.bits : bitLength(base ** BigInt(size) - 1n),
  );
  return input
    .bitFields(widths)
    .flatMap((field, at) =>
      Array.from({ length: sizes[at]! }, (_, digit) => Number((field / base ** BigInt(digit)) % base)),
    );
};

const frame = (input: StoredBytes, count: number): number[] => {
  const base = input.svarint();
  const head = input.varint();
  const values = digits(input, count, Math.floor(head / 2) + 1).map((digit) => base + digit);
  if (head % 2 === 0) return values;
  let place = 0;
  for (let left = input.varint(); left > 0; left--) {
    place += input.varint();
    values[place++] = input.svarint();
  }
  return values;
};

const frames = (input: StoredBytes, count: number, inBlocks: boolean): number[] => {
  if (!inBlocks) return frame(input, count);
  const values: number[] = [];
  while (values.length < count) values.push(...frame(input, Math.min(64, count - values.length)));
  return values;
};

const sums = (differences: readonly number[]): number[] => {
  let sum = 0;
  return differences.map((difference) => {
    sum += difference;
    return sum;
  });
};

/** What a head byte of an integer column says. */
export const integerHead = (byte: number) => ({
  transform: byte & 7,
  inBlocks: (byte & 8) !== 0,
  hasDivisor: (byte & 16) !== 0,
  isKnown: byte < 32,
});

/** An integer column of `count` values. @param along - the column a line goes by */
export const integers = (
  input: StoredBytes,
  count: number,
  origin = 0,
  along: readonly number[] = [],
): number[] => {
  if (count === 0) return [];
  if (count === 1) return [origin + input.svarint()];
  const byte = input.u8();
  const { transform, inBlocks, hasDivisor, isKnown } = integerHead(byte);
  if (!isKnown || transform > 4) throw new RangeError(`head byte ${byte} of an integer column`);
  if (byte === 4) {
    const least = origin + input.svarint();
    const [high, low] = [integers(input, count), integers(input, count)];
    return high.map((part, at) => least + part * 2 ** 27 + low[at]!);
  }
  const divisor = hasDivisor ? input.varint() : 1;
  const first = origin + input.svarint();
  return offsets(input, transform, count, inBlocks, along).map((offset) => first + offset * divisor);
};

/** y of the table of transforms. */
const offsets = (
  input: StoredBytes,
  transform: number,
  count: number,
  inBlocks: boolean,
  along: readonly number[],
): number[] => {
  switch (transform) {
    case 0:
      return [0, ...frames(input, count - 1, inBlocks)];
    case 1:
      return sums([0, ...frames(input, count - 1, inBlocks)]);
    case 2: {
      const first = input.svarint();
      return sums([0, ...sums([first, ...frames(input, count - 2, inBlocks)])]);
    }
    default: {
      const slope = BigInt(input.svarint());
      const shift = BigInt(input.u8());
      const line = along.map((x) => Number((BigInt(x - along[0]!) * slope) >> shift));
      return [0, ...frames(input, count - 1, inBlocks)].map((rest, at) => rest + line[at]!);
    }
  }
};

const NAMED = [Number.NaN, Infinity, -Infinity, -0];

const specials = (input: StoredBytes): Map<number, number> => {
  const found = new Map<number, number>();
  let place = 0;
  for (let left = input.varint(); left > 0; left--) {
    place += input.varint();
    const name = input.u8();
    found.set(place++, name === 4 ? input.f64() : NAMED[name]!);
  }
  return found;
};

const cell = new DataView(new ArrayBuffer(8));

/** The float64 of two words, the high one first. */
const ofWords = (high: number, low: number): number => {
  cell.setInt32(0, high);
  cell.setUint32(4, low);
  return cell.getFloat64(0);
};

const float32Of = (integer: number): number => {
  cell.setInt32(0, integer < 0 ? integer ^ 0x7fff_ffff : integer);
  return cell.getFloat32(0);
};

/** By halves and doubles, each of which is exact. */
const powerOfTwo = (exponent: number): number => {
  let power = 1;
  for (let at = 0; at < Math.abs(exponent); at++) power *= exponent < 0 ? 0.5 : 2;
  return power;
};

/** What a head byte of a value column says. */
export const valueHead = (byte: number) => ({
  kind: byte & 7,
  hasSpecials: (byte & 8) !== 0,
  digits: byte >> 4,
});

/** A value column of `count` values. */
export const values = (input: StoredBytes, count: number): number[] => {
  if (count === 0) return [];
  const head = valueHead(input.u8());
  const replaced = head.hasSpecials ? specials(input) : new Map<number, number>();
  return plainValues(input, head.kind, head.digits, count).map((value, at) => replaced.get(at) ?? value);
};

const plainValues = (input: StoredBytes, kind: number, places: number, count: number): number[] => {
  // the nearest float64 of a decimal number
  const decimal = (integer: number): number => Number(`${integer}e-${places}`);
  switch (kind) {
    case 0:
      return integers(input, count).map(decimal);
    case 1:
      return integers(input, count).map((integer) => Math.fround(decimal(integer)));
    case 2:
      return integers(input, count).map(float32Of);
    case 3: {
      const first = input.f64();
      const unit = powerOfTwo(input.svarint());
      return integers(input, count).map((integer) => first + integer * unit);
    }
    case 4: {
      const high = integers(input, count);
      const low = integers(input, count);
      return high.map((word, at) => ofWords(word, low[at]!));
    }
    case 5:
      return Array.from({ length: count }, () => input.f64());
    default:
      throw new RangeError(`kind ${kind} of a value column`);
  }
};
