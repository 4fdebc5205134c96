import { ApiClient } from "../common/api-client.ts";
import { type ApiFlags, tokenOf } from "./api-flags.ts";
import { queryOf } from "./api-query.ts";
import { type Columns, firstOf, printList } from "./print-list.ts";
import { tellTrouble } from "./tell-trouble.ts";
import { count, lossPercent, percent, rate, shortTime } from "./terminal.ts";

export interface DevicesFlags extends ApiFlags {
  status?: string;
  search?: string;
  minCompleteness?: string;
  maxCompleteness?: string;
  from?: string;
  to?: string;
  sort?: string;
  order?: string;
  limit?: number;
  json?: boolean;
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

const MOST_PER_PAGE = 1000;

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

/** Filters are the API's: it says what is accepted. */
export const devices = async ({
  api,
  token,
  json = false,
  limit,
  ...filters
}: DevicesFlags): Promise<void> => {
  const most = limit ?? Number.POSITIVE_INFINITY;
  const client = new ApiClient(api, { token: tokenOf(token) });
  const perPage = Math.max(1, Math.min(MOST_PER_PAGE, most));
  const pages = client.pages<"devices", DeviceJson>("/devices", "devices", perPage, queryOf(filters));
  const shown = await printList("devices", firstOf(pages, most), COLUMNS, json);
  if (json) return;
  if (shown === 0) process.stderr.write("no device matches\n");
  await tellTrouble(client);
};
