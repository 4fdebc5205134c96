/** Places below it in one span are a number, which costs nothing beside the entry that has it. */
const SPAN = 2 ** 16;
const WORD = 32;

/**
 * A set of places, 0 to 2^16 - 1, that never changes: one span of them as first * 2^16 + last, any other set as bits; -1 = empty. A device that says the same at
 * each start has the same span in each epoch.
 */
export type PlaceSet = number | Uint32Array;

export const NO_PLACES = -1;

export const hasPlace = (set: PlaceSet, place: number): boolean => {
  if (typeof set === "number") return set >= 0 && place >= firstOf(set) && place <= lastOf(set);
  return ((set[place >>> 5] ?? 0) & (1 << (place & 31))) !== 0;
};

export const withPlace = (set: PlaceSet, place: number): PlaceSet => {
  if (hasPlace(set, place)) return set;
  if (typeof set === "number") {
    if (set < 0) return spanOf(place, place);
    if (place === lastOf(set) + 1) return spanOf(firstOf(set), place);
    if (place === firstOf(set) - 1) return spanOf(place, lastOf(set));
  }
  const bits = bitsOf(set, place);
  bits[place >>> 5]! |= 1 << (place & 31);
  return compact(bits);
};

export const withoutPlace = (set: PlaceSet, place: number): PlaceSet => {
  if (!hasPlace(set, place)) return set;
  const bits = bitsOf(set, place);
  bits[place >>> 5]! &= ~(1 << (place & 31));
  return compact(bits);
};

export const isSameSet = (a: PlaceSet, b: PlaceSet): boolean => {
  if (typeof a === "number" || typeof b === "number") return a === b;
  return a.length === b.length && a.every((word, at) => word === b[at]);
};

/** The lowest place that passes the test; -1 = none does. */
export const findPlace = (set: PlaceSet, test: (place: number) => boolean): number => {
  if (typeof set === "number") {
    const last = set < 0 ? -1 : lastOf(set);
    for (let place = set < 0 ? 0 : firstOf(set); place <= last; place++) if (test(place)) return place;
    return -1;
  }
  for (let at = 0; at < set.length; at++) {
    for (let rest = set[at]!; rest !== 0; rest &= rest - 1) {
      const place = at * WORD + 31 - Math.clz32(rest & -rest);
      if (test(place)) return place;
    }
  }
  return -1;
};

export const countPlaces = (set: PlaceSet): number => {
  if (typeof set === "number") return set < 0 ? 0 : lastOf(set) - firstOf(set) + 1;
  let count = 0;
  for (let at = 0; at < set.length; at++) for (let rest = set[at]!; rest !== 0; rest &= rest - 1) count++;
  return count;
};

/** Ascending. */
export function* placesOf(set: PlaceSet): Generator<number> {
  if (typeof set === "number") {
    if (set >= 0) for (let place = firstOf(set); place <= lastOf(set); place++) yield place;
    return;
  }
  for (const [at, word] of set.entries()) {
    for (let rest = word; rest !== 0; rest &= rest - 1) yield at * WORD + 31 - Math.clz32(rest & -rest);
  }
}

/** A hexadecimal digit for every four places, the lowest first: bit n of digit d is place 4 d + n. */
export const placesToText = (set: PlaceSet): string => {
  const digits: number[] = [];
  for (const place of placesOf(set)) {
    while (digits.length <= place >>> 2) digits.push(0);
    digits[place >>> 2]! |= 1 << (place & 3);
  }
  return digits.map((digit) => digit.toString(16).toUpperCase()).join("");
};

export const placesFromText = (text: string): PlaceSet => {
  const bits = new Uint32Array(Math.ceil(text.length / 8));
  for (let at = 0; at < text.length; at++) {
    const digit = Number.parseInt(text[at]!, 16);
    bits[at >>> 3]! |= digit << ((at & 7) * 4);
  }
  return compact(bits);
};

const spanOf = (first: number, last: number): number => first * SPAN + last;
const firstOf = (span: number): number => Math.floor(span / SPAN);
const lastOf = (span: number): number => span % SPAN;

/** A copy as bits, with room for `place`. */
const bitsOf = (set: PlaceSet, place: number): Uint32Array => {
  const last = typeof set === "number" ? Math.max(0, lastOf(set)) : set.length * WORD - 1;
  const bits = new Uint32Array((Math.max(last, place) >>> 5) + 1);
  if (typeof set !== "number") bits.set(set);
  else for (const each of placesOf(set)) bits[each >>> 5]! |= 1 << (each & 31);
  return bits;
};

/** As a span where it is one; as bits without empty words at the end otherwise. */
const compact = (bits: Uint32Array): PlaceSet => {
  let length = bits.length;
  while (length > 0 && bits[length - 1] === 0) length--;
  if (length === 0) return NO_PLACES;
  const last = length * WORD - 1 - Math.clz32(bits[length - 1]!);
  let from = 0;
  while (bits[from] === 0) from++;
  const lowest = bits[from]! & -bits[from]!;
  const first = from * WORD + 31 - Math.clz32(lowest);
  if (isFilled(bits, first, last)) return spanOf(first, last);
  return length === bits.length ? bits : bits.slice(0, length);
};

const isFilled = (bits: Uint32Array, first: number, last: number): boolean => {
  for (let at = first >>> 5; at <= last >>> 5; at++) {
    const above = at === first >>> 5 ? -1 << (first & 31) : -1;
    const below = at === last >>> 5 ? -1 >>> (31 - (last & 31)) : -1;
    if ((bits[at]! | ~(above & below)) !== -1) return false;
  }
  return true;
};
