import { ApiClient, devicePath } from "../common/api-client.ts";
import { type ApiFlags, tokenOf } from "./api-flags.ts";
import { queryOf } from "./api-query.ts";
import { type Columns, firstOf, printList } from "./print-list.ts";
import { tellTrouble } from "./tell-trouble.ts";
import { count, shortTime } from "./terminal.ts";

export interface GapsFlags extends ApiFlags {
  device?: string;
  state?: string;
  cause?: string;
  from?: string;
  to?: string;
  order?: string;
  limit?: number;
  json?: boolean;
}

interface GapJson {
  device: string;
  epoch: number | null;
  run: number;
  first: number;
  last: number;
  count: number;
  state: string;
  cause: string | null;
  openedAt: string;
  closedAt: string | null;
  filledAt: string | null;
  arrival: string | null;
  requests: number;
}

const timeOrDash = (time: string | null): string => (time === null ? "–" : shortTime(time));

const MOST_PER_PAGE = 1000;

const COLUMNS: Columns<GapJson> = {
  header: [
    "device",
    "state",
    "cause",
    "epoch",
    "run",
    "first",
    "last",
    "count",
    "opened",
    "ended",
    "requests",
  ],
  texts: 3,
  cells: (gap) => [
    gap.device,
    gap.arrival === null ? gap.state : `${gap.state}, ${gap.arrival}`,
    gap.cause ?? "–",
    gap.epoch === null ? "–" : String(gap.epoch),
    String(gap.run),
    // sequence numbers are names: no commas
    String(gap.first),
    String(gap.last),
    count(gap.count),
    shortTime(gap.openedAt),
    timeOrDash(gap.filledAt ?? gap.closedAt),
    count(gap.requests),
  ],
};

/** Filters are the API's: it says what is accepted. */
export const gaps = async ({
  api,
  token,
  json = false,
  limit,
  device,
  ...filters
}: GapsFlags): Promise<void> => {
  const most = limit ?? Number.POSITIVE_INFINITY;
  const path = device === undefined ? "/gaps" : `${devicePath(device)}/gaps`;
  const client = new ApiClient(api, { token: tokenOf(token) });
  const perPage = Math.max(1, Math.min(MOST_PER_PAGE, most));
  const pages = client.pages<"gaps", GapJson>(path, "gaps", perPage, queryOf(filters));
  const shown = await printList("gaps", firstOf(pages, most), COLUMNS, json);
  if (json) return;
  if (shown === 0) process.stderr.write("no gap matches\n");
  await tellTrouble(client);
};
