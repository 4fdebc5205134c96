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

/** `{"name":value,…}`; `names` and `values` lie side by side. */
export const valuesJson = (names: readonly string[], values: readonly ReadingValue[]): string => {
  const members = names.map((name, index) => `${JSON.stringify(name)}:${valueJson(values[index]!)}`);
  return `{${members.join(",")}}`;
};
