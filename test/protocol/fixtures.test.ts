import { readdirSync, readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { REFUSAL_REASONS, REJECT_REASONS } from "../../protocol/reasons.ts";
import { decodePlain, type PlainDatagram } from "../support/plain-datagram.ts";
import { fixtureText, VECTORS } from "../support/vectors/index.ts";
import type { Expectation } from "../support/vectors/vector.ts";

const folder = new URL("../fixtures/datagrams/", import.meta.url);
const names = readdirSync(folder)
  .filter((file) => file.endsWith(".bin"))
  .map((file) => file.slice(0, -".bin".length));
const expectationOf = (name: string): Expectation =>
  JSON.parse(readFileSync(new URL(`${name}.json`, folder), "utf8"));
const expectations = names.map(expectationOf);

for (const name of names) {
  const { about, format, datagram, readingCount, reject } = expectationOf(name);
  test(`fixture ${name}: ${about}`, () => {
    const decoded = decodePlain(readFileSync(new URL(`${name}.bin`, folder)), format);
    if (readingCount === undefined) {
      expect(decoded).toStrictEqual(datagram ?? { reject });
    } else {
      const { readings, ...others } = decoded as PlainDatagram;
      expect(others).toStrictEqual(datagram);
      expect(readings).toHaveLength(readingCount);
    }
  });
}

test("the fixtures on disk are those that make-datagrams.ts writes", () => {
  expect(names.toSorted()).toEqual(VECTORS.map((vector) => vector.name).toSorted());
  for (const vector of VECTORS) {
    expect(readFileSync(new URL(`${vector.name}.bin`, folder)).equals(vector.bytes)).toBe(true);
    expect(readFileSync(new URL(`${vector.name}.json`, folder), "utf8")).toBe(fixtureText(vector));
  }
});

test("every reason a decoder can give has a fixture", () => {
  const byTheTracker = [
    "not-asked",
    "implausible-sequence",
    "before-first",
    "below-floor",
    "too-many-epochs",
    "device-limit",
    "internal-error",
    "crosstalk",
    "database-error",
  ];
  const covered = new Set(expectations.map(({ reject }) => reject));
  const decoders = REJECT_REASONS.filter((reason) => reason !== "sound" && !byTheTracker.includes(reason));
  expect(decoders.filter((reason) => !covered.has(reason))).toEqual([]);
});

test("every refusal of a reading that a decoder can give has a fixture", () => {
  const covered = new Set(expectations.flatMap(({ datagram }) => Object.keys(datagram?.refused ?? {})));
  const decoders = REFUSAL_REASONS.filter((reason) => reason !== "too-many-channels"); // the collector's
  expect(decoders.filter((reason) => !covered.has(reason))).toEqual([]);
});
