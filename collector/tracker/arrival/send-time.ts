import type { Datagram } from "../../../protocol/datagram.ts";
import * as ledgerRow from "../../../protocol/ledger-row.ts";
import { usableRelativeTime, usableSendTime } from "../../../protocol/time.ts";
import type { RunTable } from "../run/run-table.ts";

// as locals these become part of the code (docs/decisions/0012-local-constants.md)
const { ROW } = ledgerRow;

/** @returns the datagram's absolute send time in wall microseconds, 0 when it has none that is usable */
export const absoluteSendTime = (datagram: Datagram, arrivalUs: number): number =>
  datagram.sendTimeIsRelative ? 0 : usableSendTime(datagram.sendTimeUs, arrivalUs);

/** @returns the datagram's send time from the start of its epoch in microseconds, 0 when it has none that is usable */
export const relativeSendTime = (datagram: Datagram, arrivalUs: number): number =>
  datagram.sendTimeIsRelative ? usableRelativeTime(datagram.sendTimeUs, arrivalUs) : 0;

/**
 * Wall time of a relative send time in a run, as well as the run knows it now; 0 stays 0. A datagram that was faster on its way than any before
 * it moves the run's map, and the run's greatest send time with it.
 */
export const mapRelative = (runs: RunTable, run: number, relativeUs: number, arrivalUs: number): number => {
  if (relativeUs === 0) return 0;
  const base = runs.at(run, ROW.CLOCK_BASE);
  const candidate = arrivalUs - relativeUs;
  if (base !== 0 && candidate >= base) return base + relativeUs;
  runs.put(run, ROW.CLOCK_BASE, candidate);
  const greatest = runs.at(run, ROW.MAX_SEND_TIME);
  if (base !== 0 && greatest !== 0) runs.put(run, ROW.MAX_SEND_TIME, greatest - (base - candidate));
  return arrivalUs;
};

/** @returns whether a relative send time is later than the greatest of the run, which has one; asks without moving the map */
const isRelativeLater = (runs: RunTable, run: number, relativeUs: number): boolean => {
  const base = runs.at(run, ROW.CLOCK_BASE);
  const greatest = runs.at(run, ROW.MAX_SEND_TIME);
  return relativeUs !== 0 && base !== 0 && greatest !== 0 && base + relativeUs > greatest;
};

/** @returns whether the datagram was sent later than all the run has, as far as both are known */
export const isSentLater = (runs: RunTable, run: number, absoluteUs: number, relativeUs: number): boolean => {
  const greatest = runs.at(run, ROW.MAX_SEND_TIME);
  return isRelativeLater(runs, run, relativeUs) || (greatest !== 0 && absoluteUs > greatest);
};
