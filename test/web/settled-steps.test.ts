import fc from "fast-check";
import { expect, test } from "vitest";
import { CAUSES } from "../../web/src/bins/bins.ts";
import type { Causes, HistorySample } from "../../web/src/data/types.ts";
import { joined, type Step, settledSteps } from "../../web/src/fleet/settled-steps.ts";

const causes = (given: Partial<Causes> = {}): Causes => ({
  network: 0,
  "socket-overflow": 0,
  "queue-overflow": 0,
  "collector-down": 0,
  gone: 0,
  undetermined: 0,
  ...given,
});

/** A sample whose bins add up: what is not said otherwise was received. */
const sample = (second: number, given: Partial<HistorySample> = {}): HistorySample => {
  const { expected = 0, missing = 0 } = given;
  const by = given.causes ?? causes();
  const lost = CAUSES.reduce((sum, cause) => sum + by[cause], 0);
  return {
    time: new Date(second * 1000).toISOString(),
    datagrams: 0,
    expected,
    received: expected - missing - lost,
    reordered: 0,
    recovered: 0,
    late: 0,
    missing,
    lost,
    causes: by,
    ...given,
  };
};

const shape = ({ expected, received, missing, lost, recovered, late }: Step) => ({
  expected,
  received,
  missing,
  lost,
  recovered,
  late,
});

test("after a stall, what was given up later is lost where it was expected, beside a completeness of the same numbers", () => {
  const steps = settledSteps([
    sample(0, { expected: 100 }),
    sample(6, { expected: 200, missing: 40 }),
    sample(7, { expected: 220, missing: 40 }),
    sample(8, { expected: 240, causes: causes({ "socket-overflow": 40 }) }),
  ]);
  expect(steps.map(shape)).toEqual([
    { expected: 100, received: 60, missing: 0, lost: 40, recovered: 0, late: 0 },
    { expected: 20, received: 20, missing: 0, lost: 0, recovered: 0, late: 0 },
    { expected: 20, received: 20, missing: 0, lost: 0, recovered: 0, late: 0 },
  ]);
});

test("what is recovered counts where it was missing", () => {
  const steps = settledSteps([
    sample(0),
    sample(1, { expected: 10, missing: 3 }),
    sample(2, { expected: 20, missing: 1, recovered: 2 }),
  ]);
  expect(steps.map(shape)).toEqual([
    { expected: 10, received: 9, missing: 1, lost: 0, recovered: 2, late: 0 },
    { expected: 10, received: 10, missing: 0, lost: 0, recovered: 0, late: 0 },
  ]);
});

test("a gap that closes by itself in the next step is of reordered numbers", () => {
  const steps = settledSteps([
    sample(0),
    sample(1, { expected: 10, missing: 2 }),
    sample(2, { expected: 20, reordered: 2 }),
  ]);
  expect(steps.map(({ received, reordered }) => [received, reordered])).toEqual([
    [10, 2],
    [10, 0],
  ]);
});

test("what comes late of the lost, and a cause that is known better, change the step of the loss", () => {
  const steps = settledSteps([
    sample(0),
    sample(1, { expected: 10, causes: causes({ undetermined: 4 }) }),
    sample(2, { expected: 20, late: 1, causes: causes({ network: 3 }) }),
  ]);
  expect(steps.map(shape)).toEqual([
    { expected: 10, received: 7, missing: 0, lost: 3, recovered: 0, late: 1 },
    { expected: 10, received: 10, missing: 0, lost: 0, recovered: 0, late: 0 },
  ]);
  expect(steps[0]!.causes).toEqual(causes({ network: 3 }));
});

test("what comes back in several samples adds up where it was missing", () => {
  const steps = settledSteps([
    sample(0),
    sample(1, { expected: 10, missing: 5 }),
    sample(2, { expected: 20, missing: 3, recovered: 1, reordered: 1 }),
    sample(3, { expected: 30, missing: 1, recovered: 2, reordered: 2 }),
    // two of its own come out of order besides
    sample(4, { expected: 40, recovered: 2, reordered: 5 }),
  ]);
  expect(steps.map(({ received, reordered, recovered }) => [received, reordered, recovered])).toEqual([
    [10, 3, 2],
    [10, 0, 0],
    [10, 0, 0],
    [10, 2, 0],
  ]);
});

test("what comes late is of the newest losses, and of no others than those that became less", () => {
  const steps = settledSteps([
    sample(0),
    sample(1, { expected: 10, missing: 1, causes: causes({ network: 2 }) }),
    sample(2, { expected: 20, missing: 1, causes: causes({ network: 5 }) }),
    sample(3, { expected: 30, late: 4, causes: causes({ network: 1, gone: 1 }) }),
  ]);
  expect(steps.map((step) => [step.late, step.causes])).toEqual([
    [2, causes({ network: 1 })],
    [2, causes({ gone: 1 })],
    [0, causes()],
  ]);
});

test("of no sample, and of one, there is no step", () => {
  expect([settledSteps([]), settledSteps([sample(0)])]).toEqual([[], []]);
});

test("what was missing before the first sample is of no step", () => {
  const steps = settledSteps([
    sample(0, { expected: 50, missing: 5 }),
    sample(1, { expected: 60, causes: causes({ network: 5 }) }),
  ]);
  expect(steps.map(shape)).toEqual([
    { expected: 10, received: 10, missing: 0, lost: 0, recovered: 0, late: 0 },
  ]);
});

/** What may happen to the fleet between two samples: so many numbers in time, so many absent, so many of the absent settled. */
const moments = fc.array(
  fc.record({
    inTime: fc.nat(50),
    absent: fc.nat(20),
    fate: fc.nat(5),
    share: fc.double({ min: 0, max: 1, noNaN: true }),
  }),
  { minLength: 1, maxLength: 30 },
);

test("the bins of each step add up, none is below 0, and all steps together are what was counted", () => {
  fc.assert(
    fc.property(moments, (played) => {
      const samples = [sample(0)];
      for (const [index, { inTime, absent, fate, share }] of played.entries()) {
        const last = samples.at(-1)!;
        const by = { ...last.causes };
        const settled = Math.floor((last.missing + absent) * share);
        const back = Math.min(by.network, fate === 4 ? settled : 0);
        if (fate < 2) by[fate === 0 ? "network" : "gone"] += settled;
        by.network -= back;
        samples.push(
          sample(index + 1, {
            expected: last.expected + inTime + absent,
            missing: last.missing + absent - (fate === 4 ? 0 : settled),
            recovered: last.recovered + (fate === 2 ? settled : 0),
            late: last.late + (fate === 3 ? settled : back),
            reordered: last.reordered + (fate === 5 ? settled : 0),
            causes: by,
          }),
        );
      }
      const steps = settledSteps(samples);
      for (const step of steps) {
        const { expected, received, missing, lost, reordered, recovered, late } = step;
        expect(received + missing + lost).toBe(expected);
        expect(lost).toBe(CAUSES.reduce((sum, cause) => sum + step.causes[cause], 0));
        const inOrder = received - reordered - recovered - late;
        expect(Math.min(inOrder, reordered, recovered, late, missing, lost)).toBeGreaterThanOrEqual(0);
      }
      expect(shape(joined(steps))).toEqual(
        shape({ ...joined(steps), ...samples.at(-1)! } as unknown as Step),
      );
    }),
  );
});
