import { CAUSES, type Cause } from "../bins/bins.ts";
import type { Bins, HistorySample } from "../data/types.ts";
import { parseMs } from "../format/times.ts";

/** Numbers that were used between two samples of the fleet's counters, and what became of them until the last sample. */
export interface Step extends Bins {
  fromMs: number;
  toMs: number;
  datagrams: number;
  reordered: number;
}

type Fate = "recovered" | "late" | Cause;
const FATES: readonly Fate[] = ["late", "recovered", ...CAUSES];

const isCause = (fate: Fate): fate is Cause => fate !== "recovered" && fate !== "late";
const countOf = (sample: HistorySample, fate: Fate): number =>
  isCause(fate) ? sample.causes[fate] : sample[fate];

const settle = (step: Step, fate: Fate, amount: number): void => {
  if (isCause(fate)) {
    step.causes[fate] += amount;
    step.lost += amount;
  } else {
    step[fate] += amount;
    step.received += amount;
  }
};

/** Missing numbers of earlier steps have got this fate, the oldest first. @returns how many are left: they are of no earlier step */
const settleEarlier = (earlier: readonly Step[], fate: Fate | "reordered", amount: number): number => {
  let left = amount;
  for (const step of earlier) {
    if (left <= 0) break;
    const taken = Math.min(left, step.missing);
    step.missing -= taken;
    left -= taken;
    if (fate !== "reordered") settle(step, fate, taken);
    else {
      step.reordered += taken;
      step.received += taken;
    }
  }
  return left;
};

/** Numbers lost in earlier steps came after all or got another cause, the newest first: a loss is not there long when it is taken back. */
const takeBack = (earlier: readonly Step[], cause: Cause, as: Fate, amount: number): void => {
  let left = amount;
  for (let index = earlier.length - 1; index >= 0 && left > 0; index--) {
    const taken = Math.min(left, earlier[index]!.causes[cause]);
    settle(earlier[index]!, cause, -taken);
    settle(earlier[index]!, as, taken);
    left -= taken;
  }
};

const stepBetween = (from: HistorySample, to: HistorySample, earlier: readonly Step[]): Step => {
  const step: Step = {
    fromMs: parseMs(from.time),
    toMs: parseMs(to.time),
    datagrams: to.datagrams - from.datagrams,
    expected: to.expected - from.expected,
    received: to.received - from.received - (to.recovered - from.recovered) - (to.late - from.late),
    reordered: to.reordered - from.reordered,
    recovered: 0,
    late: 0,
    missing: 0,
    lost: 0,
    causes: Object.fromEntries(CAUSES.map((cause) => [cause, 0])) as Record<Cause, number>,
  };
  const moved = new Map(FATES.map((fate) => [fate, countOf(to, fate) - countOf(from, fate)]));
  for (const cause of CAUSES) {
    let back = Math.max(0, -moved.get(cause)!);
    for (const as of FATES) {
      const amount = Math.min(back, Math.max(0, moved.get(as)!));
      takeBack(earlier, cause, as, amount);
      moved.set(as, moved.get(as)! - amount);
      back -= amount;
    }
  }
  const waiting = earlier.filter(({ missing }) => missing > 0);
  for (const [fate, amount] of moved) settle(step, fate, settleEarlier(waiting, fate, Math.max(0, amount)));
  // more than was used meanwhile: the rest filled gaps that are older
  const beyond = Math.max(0, step.received + step.lost - step.expected);
  const filled = beyond - settleEarlier(waiting, "reordered", beyond);
  step.received -= filled;
  step.reordered = Math.max(0, step.reordered - filled);
  step.missing = step.expected - step.received - step.lost;
  return step;
};

/** All that was before: what becomes of it is not of the steps looked at. */
const beforeAll = (sample: HistorySample): Step => ({
  ...sample,
  causes: { ...sample.causes },
  fromMs: Number.NEGATIVE_INFINITY,
  toMs: parseMs(sample.time),
});

/**
 * The steps between the samples, oldest first. A number counts in the step it was used in, however much later it came, was asked for or was given up:
 * in every step expected = received + missing + lost. The samples do not tell numbers apart, so that what is settled later is of the oldest that wait.
 */
export const settledSteps = (samples: readonly HistorySample[]): Step[] => {
  const [first] = samples;
  if (first === undefined) return [];
  const steps = [beforeAll(first)];
  for (let index = 1; index < samples.length; index++)
    steps.push(stepBetween(samples[index - 1]!, samples[index]!, steps));
  return steps.slice(1);
};

/** Several steps, one after the other, as one. */
export const joined = (steps: readonly Step[]): Step => {
  const sum = (of: (step: Step) => number): number => steps.reduce((total, step) => total + of(step), 0);
  return {
    fromMs: steps[0]!.fromMs,
    toMs: steps.at(-1)!.toMs,
    datagrams: sum(({ datagrams }) => datagrams),
    expected: sum(({ expected }) => expected),
    received: sum(({ received }) => received),
    reordered: sum(({ reordered }) => reordered),
    recovered: sum(({ recovered }) => recovered),
    late: sum(({ late }) => late),
    missing: sum(({ missing }) => missing),
    lost: sum(({ lost }) => lost),
    causes: Object.fromEntries(CAUSES.map((cause) => [cause, sum(({ causes }) => causes[cause])])) as Record<
      Cause,
      number
    >,
  };
};
