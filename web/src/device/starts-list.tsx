import type { SeriesStart, SeriesStarts } from "../data/types.ts";
import { count } from "../format/numbers.ts";
import { fullTime, parseMs, shortTime } from "../format/times.ts";
import { nameOfStart } from "./start-words.ts";

/** the newest; the ledger below has all of them */
const MOST_SHOWN = 8;

const keyOf = ({ epoch, run }: SeriesStart): string => `${epoch} ${run}`;

export interface StartsListProps extends SeriesStarts {
  nowMs: number;
  /** wants to be looked at, milliseconds */
  onLook: (atMs: number) => void;
}

/** What the marks of the charts are: each start leads there. */
export const StartsList = ({ starts, startsLeftOut, nowMs, onLook }: StartsListProps) => {
  if (starts.length === 0) return null;
  const shown = starts.slice(-MOST_SHOWN).reverse();
  const others = starts.length + startsLeftOut - shown.length;
  return (
    <div class="starts">
      <span class="start-mark" />
      <span>the device began anew, or was first heard:</span>
      <ul aria-label="Starts in this span, newest first">
        {shown.map((start) => {
          const ms = parseMs(start.at);
          return (
            <li key={keyOf(start)}>
              <button
                type="button"
                class="link"
                title={`${fullTime(ms)}: look at it in the charts`}
                onClick={() => onLook(ms)}
              >
                {nameOfStart(start)}
              </button>{" "}
              {shortTime(ms, nowMs)}
            </li>
          );
        })}
        {others > 0 && <li>and {count(others)} more</li>}
      </ul>
    </div>
  );
};
