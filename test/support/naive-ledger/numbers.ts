import type { Data } from "./device.ts";
import type { NaiveRun } from "./run.ts";
import type { NaiveState } from "./state.ts";

/** Which numbers a run can mean and believe: narrow ones (R7), and J. */

const MINIMUM_JUMP = 2 ** 20;

/** The number nearest the high water that reads as `data.number` on the wire. */
export function extend(run: NaiveRun, { number, bits }: Data): number {
  if (bits === 53) return number;
  const circle = 2 ** bits;
  let extended = number + Math.floor(run.highWater / circle) * circle - circle;
  while (extended < run.highWater - circle / 2) extended += circle;
  while (extended >= run.highWater + circle / 2) extended -= circle;
  return extended;
}

export function cannotExtend(run: NaiveRun, { bits, arrival }: Data): boolean {
  return bits !== 53 && run.usedInSilence(arrival.arrivalUs) >= 2 ** bits / 2;
}

export function jumpOf(ledger: NaiveState, run: NaiveRun, { bits, arrival }: Data): number {
  const bySilence = Math.floor(4 * run.usedInSilence(arrival.arrivalUs));
  if (bySilence > MINIMUM_JUMP) ledger.hit("R3 J grew with silence");
  const jump = Math.max(MINIMUM_JUMP, bySilence);
  return run.epoch === null ? Math.min(jump, 2 ** bits / 2) : jump;
}
