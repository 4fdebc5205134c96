import type { ReadingValue } from "../sources.ts";

/**
 * A reading's value as JSON, bit for bit: the shortest digits that give the same float64 again, `-0` as -0, and what JSON has no number
 * for as the strings "NaN", "Infinity", "-Infinity". JSON.stringify and fast-json-stringify would make null or 0 of them.
 */
export const valueJson = (value: ReadingValue): string => {
  if (typeof value === "boolean") return value ? "true" : "false";
  if (!Number.isFinite(value)) return `"${value}"`;
  const thousandths = value * 1000;
  // from here on decimals are sparser than float64: below, the decimal that gives this float64 is the shortest one
  if (thousandths > -FIFTEEN_DIGITS && thousandths < FIFTEEN_DIGITS) {
    const rounded = Math.round(thousandths);
    if (rounded !== 0 && rounded / 1000 === value) return decimalJson(rounded);
  }
  return Object.is(value, -0) ? "-0" : String(value);
};

/** 15 significant digits, which always survive the way to float64 and back */
export const FIFTEEN_DIGITS = 1e15;
/** ".001" to ".999", without zeros at the end */
const FRACTIONS = Array.from({ length: 1000 }, (_, thousandths) => String(thousandths / 1000).slice(1));

/** Thousandths as a decimal: sensors send few decimals, and for these it takes half the time of finding the shortest digits. */
const decimalJson = (thousandths: number): string => {
  const size = Math.abs(thousandths);
  const whole = Math.floor(size / 1000);
  return `${thousandths < 0 ? "-" : ""}${whole}${FRACTIONS[size - whole * 1000]}`;
};

/** `"name":` as JSON, by name: names repeat from reading to reading. */
export type KeyCache = Map<string, string>;

/** names that are remembered; beyond it all are forgotten, as senders may make up any number of them */
export const MOST_KEYS = 10_000;

/** `"name":` */
const keyJson = (name: string, keys: KeyCache): string => {
  const known = keys.get(name);
  if (known !== undefined) return known;
  const key = `${JSON.stringify(name)}:`;
  if (keys.size >= MOST_KEYS) keys.clear();
  keys.set(name, key);
  return key;
};

/** `{"name":value,…}`; `names` and `values` lie side by side. @param keys - kept from call to call */
export const valuesJson = (
  names: readonly string[],
  values: readonly ReadingValue[],
  keys: KeyCache,
): string => {
  let members = "";
  for (let index = 0; index < names.length; index++) {
    if (index > 0) members += ",";
    members += keyJson(names[index]!, keys) + valueJson(values[index]!);
  }
  return `{${members}}`;
};
