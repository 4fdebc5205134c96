import type { FleetLedger, FleetList, History } from "../data/types.ts";
import { type Polled, usePoll } from "../data/use-poll.ts";

export const SPANS = { "10m": 600, "3h": 10_800, "2d": 172_800 } as const;
export type Span = keyof typeof SPANS;

export interface FleetData {
  ledger: FleetLedger | undefined;
  /** of the last minutes, whatever span is looked at */
  recent: History | undefined;
  history: History | undefined;
  statuses: FleetList["statuses"] | undefined;
}

const LIVE_MS = 1000;
const SLOW_MS = 10_000;

/** Everything of the fleet but its devices. */
export const useFleet = (span: Span): FleetData => {
  const ledger: Polled<FleetLedger> = usePoll("ledger", LIVE_MS);
  const recent: Polled<History> = usePoll("history?span=600", LIVE_MS * 2);
  const longer: Polled<History> = usePoll(span === "10m" ? null : `history?span=${SPANS[span]}`, SLOW_MS);
  const counts: Polled<FleetList> = usePoll("fleet?limit=1", LIVE_MS * 2);
  return {
    ledger: ledger.data,
    recent: recent.data,
    history: span === "10m" ? recent.data : longer.data,
    statuses: counts.data?.statuses,
  };
};
