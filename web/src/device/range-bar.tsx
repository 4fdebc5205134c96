import { useLostSince } from "../data/connection.ts";
import { duration, secondsTime } from "../format/times.ts";
import { Choice } from "../parts/choice.tsx";
import { panned, type Range, type Span, zoomed } from "./range.ts";

const PRESETS = [
  ["60", "1 min"],
  ["300", "5 min"],
  ["3600", "1 h"],
  ["21600", "6 h"],
  ["86400", "1 d"],
  ["all", "all"],
] as const;
type Preset = (typeof PRESETS)[number][0];

const presetOf = (range: Range): Preset | "" => {
  if (range.kind === "all") return "all";
  if (range.kind === "fixed") return "";
  return PRESETS.find(([value]) => value === String(range.seconds))?.[0] ?? "";
};

export interface RangeBarProps {
  range: Range;
  span: Span | null;
  onRange: (range: Range) => void;
}

/** Which stretch of time is shown, and the ways to another one. */
export const RangeBar = ({ range, span, onRange }: RangeBarProps) => {
  const lostSince = useLostSince();
  const go = (make: (from: Span) => Range) => () => {
    if (span !== null) onRange(make(span));
  };
  return (
    <div class="range-bar">
      <Choice<Preset | "">
        label="Span of time"
        options={PRESETS}
        value={presetOf(range)}
        onChange={(value) =>
          onRange(value === "all" ? { kind: "all" } : { kind: "last", seconds: Number(value) })
        }
      />
      <fieldset class="choice" aria-label="Move in time">
        <button
          type="button"
          onClick={go((from) => panned(from, -0.5))}
          aria-label="Earlier"
          title="Earlier (←)"
        >
          ←
        </button>
        <button type="button" onClick={go((from) => panned(from, 0.5))} aria-label="Later" title="Later (→)">
          →
        </button>
        <button
          type="button"
          onClick={go((from) => zoomed(from, 0.5))}
          aria-label="Zoom in"
          title="Zoom in (+)"
        >
          +
        </button>
        <button
          type="button"
          onClick={go((from) => zoomed(from, 2))}
          aria-label="Zoom out"
          title="Zoom out (−)"
        >
          −
        </button>
      </fieldset>
      <span class="note range-text">
        {span !== null &&
          (range.kind === "last"
            ? `the last ${duration(range.seconds)}${lostSince === null ? ", live" : ""}`
            : `${secondsTime(span.fromMs)}, ${duration((span.toMs - span.fromMs) / 1000)}`)}
      </span>
    </div>
  );
};
