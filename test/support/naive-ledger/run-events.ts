import type { Data } from "./device.ts";
import type { NaiveRun } from "./run.ts";
import { isElsewhere, pathOf, sourceOf } from "./sources.ts";
import type { NaiveState } from "./state.ts";

/** The events of a new run that nobody declared. */

const TEN_SECONDS_MS = 10_000;

export function tellReuse(ledger: NaiveState, run: NaiveRun, { device, arrival }: Data): void {
  const { source } = device;
  const isOwn =
    source?.name === sourceOf(arrival) || isElsewhere(device, sourceOf(arrival), pathOf(ledger, arrival));
  const otherHeardMs = isOwn ? source?.othersHeardMs : source?.heardMs;
  const isConflict = otherHeardMs !== undefined && arrival.nowMs - otherHeardMs <= TEN_SECONDS_MS;
  const kind = isConflict ? "id-conflict" : "epoch-reused";
  ledger.hit(`R5 ${kind}`);
  ledger.sink.event(arrival.arrivalUs, kind, device.device, { epoch: run.epoch });
}

export function tellSplit(ledger: NaiveState, { device, arrival }: Data): void {
  ledger.sink.event(arrival.arrivalUs, "run-split", device.device, {});
}

/** A sleep or an end: one every 10 s, six at once. */
export function tellAnnouncement(ledger: NaiveState, kind: "sleep" | "end", { device, arrival }: Data): void {
  const { credit, atMs } = device.tellable ?? { credit: 60_000, atMs: arrival.nowMs };
  const now = Math.min(60_000, credit + arrival.nowMs - atMs);
  const isTold = now >= 10_000;
  device.tellable = { credit: isTold ? now - 10_000 : now, atMs: arrival.nowMs };
  if (isTold) ledger.sink.event(arrival.arrivalUs, kind, device.device, {});
  else ledger.hit("R8 announced too often");
}
