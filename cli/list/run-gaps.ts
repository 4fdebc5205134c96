import { devicePath } from "../../common/api-client.ts";
import { count, shortTime } from "../terminal/terminal.ts";
import { type Columns, type ListFlags, printApiList } from "./print-list.ts";

export interface GapsFlags extends ListFlags {
  device?: string;
  state?: string;
  cause?: string;
  from?: string;
  to?: string;
  order?: string;
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

export const gaps = ({ device, ...flags }: GapsFlags): Promise<void> =>
  printApiList(device === undefined ? "/gaps" : `${devicePath(device)}/gaps`, "gap", flags, COLUMNS);
