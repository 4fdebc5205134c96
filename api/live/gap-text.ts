import { formatTime } from "../../protocol/time.ts";
import type { LiveGap, RunOwner } from "../sources.ts";
import { eventBytes } from "./event-text.ts";

/** Numbers of one gap that arrived one by one, side by side, as one. */
export const joinFilled = (gaps: readonly LiveGap[]): LiveGap[] => {
  const joined: LiveGap[] = [];
  for (const gap of gaps) {
    const last = joined.at(-1);
    const continues =
      last !== undefined &&
      gap.arrival !== null &&
      last.arrival === gap.arrival &&
      last.run === gap.run &&
      last.last + 1 === gap.first &&
      last.cause === gap.cause &&
      last.openedAtUs === gap.openedAtUs &&
      last.requests === gap.requests;
    if (continues) joined[joined.length - 1] = { ...last, last: gap.last, atUs: gap.atUs };
    else joined.push(gap);
  }
  return joined;
};

/** `event: gap` */
export const gapBytes = (gap: LiveGap, { device, epoch, index }: RunOwner): Uint8Array => {
  const { first, last, arrival, cause, openedAtUs, atUs, requests } = gap;
  const data = {
    device,
    epoch,
    run: index,
    first,
    last,
    count: last - first + 1,
    state: arrival === null ? "lost" : "filled",
    cause,
    openedAt: formatTime(openedAtUs),
    at: formatTime(atUs),
    arrival,
    requests,
  };
  return eventBytes("gap", JSON.stringify(data));
};
