import { CAUSES } from "../bins/bins.ts";
import type { HistorySample } from "../data/types.ts";
import { joined, type Step, settledSteps } from "./settled-steps.ts";

/** The last `seconds` of the samples; undefined while there are fewer than two. */
export const lately = (samples: readonly HistorySample[], seconds: number): Step | undefined => {
  const steps = settledSteps(samples);
  const last = steps.at(-1);
  if (last === undefined) return undefined;
  const fromMs = last.toMs - (seconds + 0.5) * 1000;
  const recent = steps.filter((step) => step.fromMs >= fromMs);
  return joined(recent.length === 0 ? [last] : recent);
};

/** seconds: what the page speaks of, once there is that much */
export const MINUTE = 60;

/** "the last minute"; right after a start "the last 12 seconds", at first "the last second". */
export const spanOfStep = ({ fromMs, toMs }: Pick<Step, "fromMs" | "toMs">): string => {
  const seconds = Math.round((toMs - fromMs) / 1000);
  if (seconds >= MINUTE - 1) return "the last minute";
  return seconds <= 1 ? "the last second" : `the last ${seconds} seconds`;
};

/** The samples as at most `points` steps of equal length, the newest as long as there is of it. */
export const trendOf = (samples: readonly HistorySample[], points: number): Step[] => {
  const steps = settledSteps(samples);
  const stride = Math.max(1, Math.ceil(steps.length / points));
  const trend: Step[] = [];
  for (let start = 0; start < steps.length; start += stride)
    trend.push(joined(steps.slice(start, start + stride)));
  return trend;
};

/** received / expected, [0, 1]; null where nothing was expected. */
export const completenessOf = ({ received, expected }: Pick<Step, "received" | "expected">): number | null =>
  expected === 0 ? null : received / expected;

/** Numbers that did not come by themselves and in time, whatever came of them later. */
export const rawLossOf = ({ recovered, late, missing, causes }: Step): number =>
  recovered + late + missing + residualOf({ causes });

/** Numbers that are lost for good. */
export const residualOf = ({ causes }: Pick<Step, "causes">): number =>
  CAUSES.reduce((sum, cause) => sum + causes[cause], 0);
