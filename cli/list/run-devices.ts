import { count, lossPercent, percent, rate, shortTime } from "../terminal/terminal.ts";
import { type Columns, type ListFlags, printApiList } from "./print-list.ts";

export interface DevicesFlags extends ListFlags {
  status?: string;
  search?: string;
  minCompleteness?: string;
  maxCompleteness?: string;
  from?: string;
  to?: string;
  sort?: string;
  order?: string;
}

interface DeviceJson {
  id: string;
  status: string;
  announced: "sleep" | "end" | null;
  lastSeen: string | null;
  rateHz: number | null;
  ledger: {
    expected: number;
    completeness: number | null;
    lost: number;
    rawLoss: number | null;
    residualLoss: number | null;
  };
}

/** A silence with a reason is no alarm. */
const ANNOUNCED = { sleep: "asleep", end: "ended" };

const COLUMNS: Columns<DeviceJson> = {
  header: ["id", "status", "last seen", "rate", "completeness", "lost", "raw loss", "residual loss"],
  texts: 3,
  cells: ({ id, status, announced, lastSeen, rateHz, ledger }) => [
    id,
    announced === null ? status : `${status}, ${ANNOUNCED[announced]}`,
    lastSeen === null ? "–" : shortTime(lastSeen),
    rateHz === null ? "–" : rate(rateHz),
    percent(ledger.completeness),
    // R10: without numbers it is not known, which is not 0
    ledger.expected === 0 ? "–" : count(ledger.lost),
    lossPercent(ledger.rawLoss),
    lossPercent(ledger.residualLoss),
  ],
};

export const devices = (flags: DevicesFlags): Promise<void> =>
  printApiList("/devices", "device", flags, COLUMNS);
