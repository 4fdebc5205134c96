import type { PointedMark } from "../charts/start-marks.ts";
import type { SeriesStart } from "../data/types.ts";
import { fullTime, parseMs } from "../format/times.ts";
import { nameOfStart } from "./start-words.ts";

export interface StartTipProps extends PointedMark {
  start: SeriesStart;
}

/** What begins at a mark, or is first heard there, in words that are true of both. */
export const StartTip = ({ start, left, width }: StartTipProps) => {
  // as far along itself as the mark is along the chart: so it never leaves it
  const along = `${(100 * left) / width}%`;
  return (
    <p class="tip start-tip" style={{ left: along, transform: `translateX(-${along})` }}>
      <strong>{nameOfStart(start)}</strong> from <span class="note">{fullTime(parseMs(start.at))}</span>
    </p>
  );
};
