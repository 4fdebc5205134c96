import { BINARY_VECTORS } from "./binary.ts";
import { JSON_VECTORS } from "./json.ts";
import type { Vector } from "./vector.ts";

export const VECTORS: Vector[] = [...BINARY_VECTORS, ...JSON_VECTORS];

const MINUS_ZERO = "\u0000-0";

/** The `.json` of a vector. JSON.stringify would write -0 as 0. */
export const fixtureText = ({ name: _name, bytes: _bytes, ...expectation }: Vector): string =>
  `${JSON.stringify(expectation, (_key, value) => (Object.is(value, -0) ? MINUS_ZERO : value), 2).replaceAll(JSON.stringify(MINUS_ZERO), "-0.0")}\n`;
