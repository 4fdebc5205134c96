import type { Data, NaiveDevice } from "./device.ts";
import { closeGap } from "./gaps.ts";
import { runsOfEpoch } from "./owners.ts";
import type { NaiveRun } from "./run.ts";
import type { NaiveState } from "./state.ts";

/** "Recovery", as far as the ledger sees it: what a NACK named, and GONE. */

/** A NACK named everything the device can be asked for. After ten of them it is waited for a moment, and no longer. */
export function ask(ledger: NaiveState, id: string, port: number, nowMs: number): void {
  const device = ledger.devices.get(id);
  if (device === undefined) return;
  for (const gap of device.runs.filter((run) => isAskable(device, run)).flatMap((run) => run.gaps)) {
    if (gap.state !== "open" || !gap.isAsked) continue;
    ledger.hit("recovery asked");
    gap.requests += 1;
    gap.askedAtMs = nowMs;
    if (gap.requests >= 10) gap.deadlineMs = Math.min(gap.deadlineMs, nowMs + 100);
    device.asked = { atMs: nowMs, port };
  }
}

/** GONE: what was asked for of it is lost. */
export function goneFor(ledger: NaiveState, data: Data): void {
  for (const run of runsOfEpoch(data).filter((run) => isAskable(data.device, run)))
    for (const [first, last] of stretchesOf(data.datagram.gone ?? [])) goneOf(ledger, run, first, last, data);
}

/** What is named, whatever its order: what touches or overlaps is one stretch. */
function stretchesOf(named: readonly (readonly [number, number])[]): [number, number][] {
  const stretches: [number, number][] = [];
  for (const [first, last] of [...named].sort((one, other) => one[0] - other[0])) {
    const [before] = stretches.slice(-1);
    if (before !== undefined && first <= before[1] + 1) before[1] = Math.max(before[1], last);
    else stretches.push([first, last]);
  }
  return stretches;
}

function goneOf(ledger: NaiveState, run: NaiveRun, first: number, last: number, { arrival }: Data): void {
  for (const gap of run.gaps.filter((gap) => gap.first <= last && gap.last >= first)) {
    const isAwaited = gap.askedAtMs !== undefined && arrival.nowMs - gap.askedAtMs <= 10_000;
    if (gap.state !== "open" || !gap.isAsked || !isAwaited) continue;
    ledger.hit("recovery gone");
    closeGap(ledger, run, run.cut(gap, first, last), arrival.arrivalUs, true);
  }
}

/** "Recovery": none of its numbers is a newer run's of its epoch too. */
export const isAskable = (device: NaiveDevice, run: NaiveRun): boolean =>
  run.epoch !== null &&
  device.runs
    .slice(device.runs.indexOf(run) + 1)
    .every(
      (newer) => newer.epoch !== run.epoch || newer.first > run.highWater || newer.highWater < run.first,
    );

/** "Recovery": something was asked for within the last 10 s. @param port - at this source; undefined = at any */
export const wasAsked = ({ asked }: NaiveDevice, nowMs: number, port?: number): boolean =>
  asked !== undefined && nowMs - asked.atMs <= 10_000 && (port === undefined || port === asked.port);
