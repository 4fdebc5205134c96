import { expect, test } from "vitest";
import {
  countPlaces,
  findPlace,
  hasPlace,
  isSameSet,
  NO_PLACES,
  type PlaceSet,
  placesFromText,
  placesOf,
  placesToText,
  withoutPlace,
  withPlace,
} from "../../../db/view/place-set.ts";
import { seededRandom } from "../../support/seeded-random.ts";

const setOf = (...places: number[]): PlaceSet => places.reduce<PlaceSet>(withPlace, NO_PLACES);

test("one span is a number, however it came together", () => {
  expect([setOf(0), setOf(5, 6, 7), setOf(7, 5, 6), setOf(31, 33, 32)]).toEqual([
    0,
    5 * 65_536 + 7,
    5 * 65_536 + 7,
    31 * 65_536 + 33,
  ]);
  expect(withoutPlace(setOf(5, 6, 7), 7)).toBe(5 * 65_536 + 6);
  expect(withoutPlace(setOf(5), 5)).toBe(NO_PLACES);
  expect(typeof withoutPlace(setOf(5, 6, 7), 6)).toBe("object");
});

test("a digit stands for four places", () => {
  expect(
    [setOf(), setOf(0, 1, 2, 3, 4), setOf(1, 9)].map((set) => [
      placesToText(set),
      placesToText(placesFromText(placesToText(set))),
    ]),
  ).toEqual([
    ["", ""],
    ["F1", "F1"],
    ["202", "202"],
  ]);
});

test("holds what is put in and not taken out again", () => {
  const random = seededRandom(5);
  for (let round = 0; round < 60; round++) {
    const most = [4, 40, 200, 8192][round % 4]!;
    let set: PlaceSet = NO_PLACES;
    const expected = new Set<number>();
    for (let step = 0; step < 120; step++) {
      const place = Math.floor(random() * most);
      const before = [...placesOf(set)];
      const isPut = random() < 0.6;
      const next: PlaceSet = isPut ? withPlace(set, place) : withoutPlace(set, place);
      expect([...placesOf(set)]).toEqual(before);
      if (isPut) expected.add(place);
      else expected.delete(place);
      set = next;
    }
    const places = [...expected].sort((a, b) => a - b);
    expect([...placesOf(set)]).toEqual(places);
    expect(countPlaces(set)).toBe(places.length);
    const middle = Math.floor(most / 2);
    expect(findPlace(set, (place) => place >= middle)).toBe(places.find((place) => place >= middle) ?? -1);
    expect(isSameSet(placesFromText(placesToText(set)), set)).toBe(true);
    expect(isSameSet(setOf(...places), set)).toBe(true);
    for (let place = 0; place < 40; place++) expect(hasPlace(set, place)).toBe(expected.has(place));
  }
});

test("every set of places around the edges of words is what a plain set of them is", () => {
  const PLACES = [0, 1, 2, 31, 32, 33, 64, 95];
  const membersOf = (mask: number): number[] => PLACES.filter((_, at) => (mask & (1 << at)) !== 0);
  const built = Array.from({ length: 2 ** PLACES.length }, (_, mask) =>
    membersOf(mask).reduce<PlaceSet>(withPlace, NO_PLACES),
  );
  for (const [mask, set] of built.entries()) {
    const members = membersOf(mask);
    expect([...placesOf(set)]).toEqual(members);
    expect(countPlaces(set)).toBe(members.length);
    expect(PLACES.concat(3, 30, 34, 63, 96, 128).filter((place) => hasPlace(set, place))).toEqual(members);
    const looked: number[] = [];
    expect(findPlace(set, (place) => looked.push(place) < 0)).toBe(-1);
    expect(looked).toEqual(members);
    expect(findPlace(set, (place) => place >= 2)).toBe(members.find((place) => place >= 2) ?? -1);
    expect(placesFromText(placesToText(set))).toEqual(set);
    for (const [at, place] of PLACES.entries()) {
      // the same set, however it came to be: sets of epochs are compared
      expect(withPlace(set, place)).toEqual(built[mask | (1 << at)]);
      expect(withoutPlace(set, place)).toEqual(built[mask & ~(1 << at)]);
      expect(isSameSet(set, withPlace(set, place))).toBe(members.includes(place));
      expect(isSameSet(set, withoutPlace(set, place))).toBe(!members.includes(place));
    }
  }
  expect([placesToText(NO_PLACES), placesToText(built[1]!)]).toEqual(["", "1"]);
  expect(placesToText(withPlace(withPlace(NO_PLACES, 6), 9))).toBe("042");
});
