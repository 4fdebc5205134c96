import type { Arrival } from "../../../collector/tracker/types.ts";
import type { Data, NaiveDatagram, NaiveDevice } from "./device.ts";
import type { NaiveRun } from "./run.ts";
import type { NaiveState } from "./state.ts";

/** "Words", send time, and the comparisons that R5 and step 3 make with it. */

const EARLIEST_US = Date.UTC(2000, 0, 1) * 1000;
const DAY_US = 86_400_000_000;

/** "Send time": what of it is usable. */
export function judge(
  ledger: NaiveState,
  device: NaiveDevice,
  datagram: NaiveDatagram,
  arrival: Arrival,
): Data {
  const { sendTimeUs, isRelative } = datagram;
  const wallUs = isRelative ? arrival.arrivalUs - sendTimeUs : sendTimeUs;
  const isUsable =
    sendTimeUs !== 0 &&
    (isRelative
      ? sendTimeUs > 0 && wallUs >= EARLIEST_US
      : wallUs >= EARLIEST_US && wallUs <= arrival.arrivalUs + DAY_US);
  if (!isUsable && sendTimeUs !== 0) ledger.hit("send time refused");
  return {
    device,
    datagram,
    number: datagram.sequence ?? -1,
    bits: datagram.bits ?? 53,
    wallTimeUs: isUsable && !isRelative ? sendTimeUs : 0,
    relativeUs: isUsable && isRelative ? sendTimeUs : undefined,
    arrival,
    isUnbroken: device.breaksWhenHeard === ledger.breaks,
  };
}

/** Usable, in wall microseconds; 0 = unknown. The run has heard the datagram already. */
export const sendTimeOf = (run: NaiveRun, { relativeUs, wallTimeUs }: Data): number =>
  relativeUs === undefined ? wallTimeUs : run.clockBaseUs! + relativeUs;

/** What places it in time. */
export const timeOf = (run: NaiveRun, data: Data): number => sendTimeOf(run, data) || data.arrival.arrivalUs;

export const isKnownLess = (a: number, b: number): boolean => a !== 0 && b !== 0 && a < b;

/** Step 3: an older run's greatest send time, not a relative one, is not less. */
export const hasSentUntil = (run: NaiveRun, timeUs: number): boolean =>
  run.maxRelativeUs === undefined && run.maxWallTimeUs !== 0 && run.maxWallTimeUs >= timeUs;

/** R5: sent later than everything of the run, which a copy never is. */
export const isSentAfterAll = (run: NaiveRun, { wallTimeUs, relativeUs }: Data): boolean =>
  relativeUs !== undefined
    ? run.maxRelativeUs !== undefined && relativeUs > run.maxRelativeUs
    : isKnownLess(run.greatestSendTimeUs(), wallTimeUs);
