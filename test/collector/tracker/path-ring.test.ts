import fc from "fast-check";
import { expect, test } from "vitest";
import { PathRing } from "../../../collector/tracker/path-ring.ts";

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
