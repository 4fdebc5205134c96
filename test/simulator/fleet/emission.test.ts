import fc from "fast-check";
import { expect, test } from "vitest";
import { Emission, EmissionQueue } from "../../../simulator/fleet/emission.ts";

const emissionAt = (dueUs: number, sequence: number): Emission => {
  const emission = new Emission();
  return Object.assign(emission, { dueUs, sequence, kind: 1 });
};

test("emissions leave by due time, those of one instant in the order they came", () => {
  fc.assert(
    fc.property(fc.array(fc.nat(20), { maxLength: 3000, size: "max" }), (dueTimes) => {
      const queue = new EmissionQueue();
      for (const [index, dueUs] of dueTimes.entries()) queue.push(emissionAt(dueUs, index));
      const left = dueTimes.map(() => {
        const out = new Emission();
        queue.pop(out);
        return [out.dueUs, out.sequence];
      });
      const sorted = dueTimes
        .map((dueUs, index) => [dueUs, index])
        .sort((a, b) => a[0]! - b[0]! || a[1]! - b[1]!);
      expect(left).toEqual(sorted);
      expect(queue.size).toBe(0);
    }),
    { numRuns: 50 },
  );
});

test("an emission comes out as it went in", () => {
  const queue = new EmissionQueue();
  const emission = Object.assign(new Emission(), {
    ...{ dueUs: 5, device: 4, kind: 2, epoch: 0xffff_ffff, sequence: 2 ** 53 - 2 },
    ...{ sendTimeUs: 1_795_176_000_000_001, damage: 0xffff_fffe, isEnd: true },
  });
  queue.push(emission);
  const out = new Emission();
  queue.pop(out);
  expect(out).toEqual(emission);
});

test("an empty queue is never due", () => {
  expect(new EmissionQueue().nextDueUs).toBe(Infinity);
});
