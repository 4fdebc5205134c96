import type { ReadingValue } from "./sources.ts";

/**
 * A reading's value as JSON, bit for bit: the shortest digits that give the same float64 again, `-0` as -0, and what JSON has no number
 * for as the strings "NaN", "Infinity", "-Infinity". JSON.stringify and fast-json-stringify would make null or 0 of them.
 */
export const valueJson = (value: ReadingValue): string => {
  if (typeof value === "boolean") return value ? "true" : "false";
  if (!Number.isFinite(value)) return `"${value}"`;
  return Object.is(value, -0) ? "-0" : String(value);
};

/** `"name":` as JSON. Names repeat from reading to reading: give the same map for all of an answer. */
export type KeyCache = Map<string, string>;

/** `"name":` */
export const keyJson = (name: string, keys: KeyCache): string => {
  const known = keys.get(name);
  if (known !== undefined) return known;
  const key = `${JSON.stringify(name)}:`;
  keys.set(name, key);
  return key;
};

/** `{"name":value,…}`; `names` and `values` lie side by side. */
export const valuesJson = (
  names: readonly string[],
  values: readonly ReadingValue[],
  keys: KeyCache = new Map(),
): string => {
  let members = "";
  for (let index = 0; index < names.length; index++) {
    if (index > 0) members += ",";
    members += keyJson(names[index]!, keys) + valueJson(values[index]!);
  }
  return `{${members}}`;
};
