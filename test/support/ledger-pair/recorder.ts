import type { TrackerSink } from "../../../collector/tracker/types.ts";
import { REJECT_REASONS } from "../../../protocol/reasons.ts";

const COMPARED_EVENTS = new Set([
  "restart",
  "epoch-went-back",
  "epoch-reused",
  "id-conflict",
  "run-split",
  "sleep",
  "end",
]);

/** The sink's calls that are compared, as text. */
export const recorder = (tell: (line: string) => unknown): TrackerSink => ({
  deviceCreated: (device, id) => tell(`device ${device} ${id}`),
  runCreated: (run, device, epoch, index) => tell(`run ${run} of ${device}, epoch ${epoch}, run ${index}`),
  deviceForgotten: (device) => tell(`forgotten ${device}`),
  sourceChanged: () => undefined,
  event: (at, kind, device) => {
    if (COMPARED_EVENTS.has(kind)) tell(`event ${kind} of ${device} at ${at}`);
  },
  gapLost: (run, first, last, openedAt, closedAt, cause, _before, _after, requests) =>
    tell(`lost ${run} [${first}, ${last}] ${openedAt}..${closedAt} cause ${cause}, asked ${requests} times`),
  gapFilled: (run, number, at, wasLost, openedAt, cause, time, requests) =>
    tell(
      `filled ${run} ${number} at ${at}, time ${time}, opened ${openedAt}, lost ${wasLost} cause ${cause}, asked ${requests} times`,
    ),
  heldAccepted: (device, run, number, listener) =>
    tell(`held of ${device} accepted as ${number} of ${run}, listener ${listener}`),
  heldDropped: (device, isDuplicate, code, listener) =>
    tell(
      `held of ${device} dropped, ${isDuplicate ? "duplicate" : REJECT_REASONS[code]}, listener ${listener}`,
    ),
});
