import fc from "fast-check";
import { expect, test } from "vitest";
import { PathRing } from "../../../../collector/tracker/device/path-ring.ts";

const START_MS = 5000;
const BUDGET = 2 ** 22;
const ringOf = (budget = { left: BUDGET }): PathRing => new PathRing(0, START_MS, budget);
/** What a ring knows of each number that it remembers and that came. */
const known = (ring: PathRing): number[][] => {
  const numbers: number[][] = [];
  for (let number = 0; number <= ring.top; number++)
    if (ring.remembers(number) && ring.cameBy(number) !== 0)
      numbers.push([
        number,
        ring.cameBy(number),
        ring.expectedOn(number),
        ring.sinceFirstUs(number, START_MS),
      ]);
  return numbers;
};
const come = (ring: PathRing, number: number): void => {
  ring.addCameBy(number, 1 + (number % 15));
  ring.addExpectedOn(number, 15);
  ring.setFirstAt(number, START_MS - number);
};
const told = (number: number): number[] => [number, 1 + (number % 15), 15, number * 1000];
const range = (first: number, last: number): number[] =>
  Array.from({ length: last - first + 1 }, (_, at) => first + at);

test("a ring doubles while its numbers are used within 10 s, up to 65,536, and what it has is given back", () => {
  const budget = { left: BUDGET };
  const ring = ringOf(budget);
  const sizes: number[] = [];
  for (let number = 16; number <= 2 ** 18; number *= 2) {
    ring.reach(number - 1, START_MS + 9999);
    ring.reach(number, START_MS + 9999);
    sizes.push(ring.size);
  }
  expect(sizes).toEqual([...range(5, 16), 16, 16, 16].map((power) => 2 ** power));
  expect(budget.left).toBe(BUDGET - 65_536 + 16);
  ring.release();
  expect(budget.left).toBe(BUDGET);
});

test("one whose numbers took 10 s stays as it is, and its pace is measured from there", () => {
  const ring = ringOf();
  const sizeAt = (number: number, afterMs: number): number => {
    ring.reach(number, START_MS + afterMs);
    return ring.size;
  };
  expect([sizeAt(15, 0), sizeAt(16, 10_000)]).toEqual([16, 16]);
  expect([sizeAt(31, 10_001), sizeAt(32, 20_000), sizeAt(48, 29_999)]).toEqual([16, 16, 32]);
});

test("rings that share a budget grow as far as it reaches", () => {
  const budget = { left: 20 };
  const [one, two] = [ringOf(budget), ringOf(budget)];
  for (const ring of [one, two]) for (let number = 1; number <= 200; number++) ring.reach(number, START_MS);
  expect([one.size, two.size, budget.left]).toEqual([32, 16, 4]);
  one.release();
  two.reach(217, START_MS);
  expect([two.size, budget.left]).toEqual([32, 4]);
});

test("what was remembered stays so when a ring grows, and what was not is not known", () => {
  const ring = ringOf();
  for (const number of range(0, 15)) {
    ring.reach(number, START_MS);
    come(ring, number);
  }
  ring.reach(17, START_MS);
  expect([ring.size, known(ring)]).toEqual([32, range(0, 15).map(told)]);
});

test("the newest numbers are remembered, and one that is used again for another begins with nothing", () => {
  const ring = ringOf();
  for (const number of range(0, 15)) {
    ring.reach(number, START_MS);
    come(ring, number);
  }
  expect([ring.remembers(0), ring.remembers(16)]).toEqual([true, false]);
  // 10 s on, it does not grow
  ring.reach(20, START_MS + 10_000);
  expect(known(ring)).toEqual(range(5, 15).map(told));
  ring.reach(19, START_MS + 10_000);
  expect(ring.top).toBe(20);
  ring.reach(1000, START_MS + 30_000);
  expect([ring.remembers(984), ring.remembers(985), known(ring)]).toEqual([false, true, []]);
});

test("the time since a first copy is told beyond the end of the circle of 2^32 microseconds", () => {
  const ring = ringOf();
  ring.setFirstAt(0, 4_294_967);
  expect([ring.sinceFirstUs(0, 4_294_967), ring.sinceFirstUs(0, 4_294_968.5)]).toEqual([0, 1500]);
});

const step = fc.oneof(
  fc.record({
    kind: fc.constant("reach" as const),
    jump: fc.oneof(fc.integer({ min: -3, max: 40 }), fc.nat(300)),
    absent: fc.integer({ min: -5, max: 50 }),
    expectedOn: fc.nat(15),
    afterMs: fc.constantFrom(0, 1, 20_000),
  }),
  fc.record({ kind: fc.constantFrom("came", "expected"), back: fc.nat(40), paths: fc.nat(15) }),
);

test("what a ring remembers of its newest numbers is what was said of them, however far it was reached at once", () => {
  fc.assert(
    fc.property(fc.nat(100), fc.array(step, { maxLength: 60 }), (start, steps) => {
      const ring = new PathRing(start, 0, { left: 64 });
      const said = new Map<number, { came: number; expected: number }>();
      const of = (number: number) => said.get(number) ?? { came: 0, expected: 0 };
      let nowMs = 0;
      for (const each of steps) {
        if (each.kind === "reach") {
          nowMs += each.afterMs;
          // what it had no room for is not known again when it grows
          for (const number of said.keys()) if (!ring.remembers(number)) said.delete(number);
          const absentFrom = ring.top + each.absent;
          for (let number = ring.top + 1; number <= ring.top + each.jump; number++)
            said.set(number, { came: 0, expected: number < absentFrom ? 0 : each.expectedOn });
          ring.reach(ring.top + each.jump, nowMs, absentFrom, each.expectedOn);
          continue;
        }
        const number = ring.top - each.back;
        if (number < 0 || !ring.remembers(number)) continue;
        const { came, expected } = of(number);
        if (each.kind === "came") ring.addCameBy(number, each.paths);
        else ring.addExpectedOn(number, each.paths);
        said.set(
          number,
          each.kind === "came"
            ? { came: came | each.paths, expected }
            : { came, expected: expected | each.paths },
        );
      }
      for (let number = Math.max(0, ring.top - ring.size + 1); number <= ring.top; number++)
        expect([number, ring.cameBy(number), ring.expectedOn(number)]).toEqual([
          number,
          of(number).came,
          of(number).expected,
        ]);
    }),
  );
});
