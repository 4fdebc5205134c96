import { useMemo, useState } from "preact/hooks";
import { binNumbers } from "../bins/bin-numbers.ts";
import { TimeChart } from "../charts/time-chart.tsx";
import type { History } from "../data/types.ts";
import { completeness, plural, share } from "../format/numbers.ts";
import { clockTime } from "../format/times.ts";
import { Choice } from "../parts/choice.tsx";
import { Legend } from "../parts/legend.tsx";
import { Panel } from "../parts/panel.tsx";
import { useWallScale } from "../scale.ts";
import type { Step } from "./settled-steps.ts";
import { completenessOf, rawLossOf, residualOf, trendOf } from "./trend.ts";
import { completenessOptions, lossOptions } from "./trend-charts.ts";
import { completenessData, lossData, STACKED, trendPoints } from "./trend-columns.ts";
import type { Span } from "./use-fleet.ts";

const POINTS = 200;
const OPTIONS = [
  ["10m", "10 min"],
  ["3h", "3 h"],
  ["2d", "2 d"],
] as const;

const readout = (step: Step | undefined): { complete: string; loss: string } => {
  if (step === undefined || step.expected === 0) return { complete: "", loss: "" };
  const raw = share(rawLossOf(step) / step.expected);
  const residual = share(residualOf(step) / step.expected);
  return {
    complete: `${clockTime(step.toMs)}  ${completeness(completenessOf(step))} of ${plural(step.expected, "number")}`,
    loss: `raw ${raw}, residual ${residual}`,
  };
};

export interface TrendPanelProps {
  history: History | undefined;
  span: Span;
  onSpan: (span: Span) => void;
}

/** Completeness over time, and what the raw loss was made of: the whole stack is what did not come in time, its lower part is lost for good. */
export const TrendPanel = ({ history, span, onSpan }: TrendPanelProps) => {
  const scale = useWallScale();
  const [hovered, setHovered] = useState<number | null>(null);
  const trend = useMemo(() => trendOf(history?.samples ?? [], POINTS), [history]);
  const points = useMemo(() => trendPoints(trend), [trend]);
  const complete = useMemo(() => completenessData(points), [points]);
  const loss = useMemo(() => lossData(points), [points]);
  const shown = readout(hovered === null ? trend.at(-1) : points[hovered]?.step);
  const present = STACKED.filter(({ key }) => trend.some((step) => binNumbers(step)[key] > 0));
  return (
    <Panel
      title="Trend"
      class="trend"
      end={<Choice label="Span of the trend" options={OPTIONS} value={span} onChange={onSpan} />}
    >
      <div class="trend-title">
        <span>Completeness</span>
        <span>{shown.complete}</span>
      </div>
      <TimeChart
        options={completenessOptions}
        data={complete}
        height={Math.round(150 * scale)}
        label="Completeness of the fleet over time"
        onHover={setHovered}
      />
      <div class="trend-title">
        <span>Raw loss by what became of it, share of the numbers sent</span>
        <span>{shown.loss}</span>
      </div>
      <TimeChart
        options={lossOptions}
        data={loss}
        height={Math.round(170 * scale)}
        label="Loss of the fleet over time, by what became of it"
        onHover={setHovered}
      />
      <Legend bins={present.toReversed()} />
    </Panel>
  );
};
