import type { ComponentChildren } from "preact";
import { useEffect, useMemo, useRef, useState } from "preact/hooks";
import type { PointedMark } from "../charts/start-marks.ts";
import { TimeChart } from "../charts/time-chart.tsx";
import type { Channel, Series, SeriesStarts } from "../data/types.ts";
import { measured, plural } from "../format/numbers.ts";
import { fullTime, parseMs, shortTime } from "../format/times.ts";
import { unitText } from "../format/unit.ts";
import { CopyCurl } from "../parts/copy-curl.tsx";
import { useWallScale } from "../scale.ts";
import { channelColumns, channelOptions } from "./channel-options.ts";
import { type ChartData, chartData, NO_CHART } from "./chart-data.ts";
import { NewestReading } from "./newest-reading.tsx";
import { notEmpty, type Range, type Span } from "./range.ts";
import { StartTip } from "./start-tip.tsx";
import { useSeries } from "./use-series.ts";

/** share of a stretch of time that is left after the newest reading, when that is looked for */
const AFTER_NEWEST = 0.1;

/** pixels at a desk */
const HEIGHT = 170;
/** One bucket for about every pixel and a half: finer is not seen. */
const PIXELS_PER_BUCKET = 1.5;

const NON_FINITE = "NaN or infinite";

/** Of a point without a value. */
const withoutValue = (data: ChartData, index: number): string =>
  data.nonFinite[index]! > 0 ? NON_FINITE : data.isAbsent[index] ? "absent" : "nothing heard";

interface ReadoutProps {
  data: ChartData;
  index: number | null;
  /** of what is shown; null = not known yet */
  endMs: number | null;
  unit: string;
  /** what is said where there is no reading at all */
  none: ComponentChildren;
}

/** what is sent now is seen that much later at most, milliseconds */
const SEEN_AFTER_MS = 5000;

const Readout = ({ data, index, endMs, unit, none }: ReadoutProps) => {
  // the newest reading, also when it is none that a line can show
  const shown = index ?? data.value.findLastIndex((value, at) => value !== null || data.nonFinite[at]! > 0);
  const value = data.value[shown];
  if (value === undefined) return <span class="readout">{index === null && none}</span>;
  const ms = data.times[shown]! * 1000;
  // a channel may fall silent while its device speaks: its last value is not of now
  const isOld = endMs !== null && endMs - ms > Math.max(data.silenceMs, SEEN_AFTER_MS);
  const when = index !== null ? fullTime(ms) : isOld ? shortTime(ms, endMs) : null;
  const [min, max] = [measured(data.min[shown]), measured(data.max[shown])];
  return (
    <span class="readout">
      {when !== null && <span class="note">{when} </span>}
      {value === null ? (
        withoutValue(data, shown)
      ) : (
        <>
          <strong>{measured(value)}</strong> <bdi>{unitText(unit)}</bdi>
          {min !== max && (
            <span class="note"> {data.isSwitch ? "both within this moment" : `from ${min} to ${max}`}</span>
          )}
          {data.nonFinite[shown]! > 0 && (
            <span class="note">
              , {data.nonFinite[shown]} {NON_FINITE}
            </span>
          )}
        </>
      )}
    </span>
  );
};

const spanOf = ({ from, to }: Series): Span | null =>
  from === null || to === null ? null : notEmpty({ fromMs: parseMs(from), toMs: parseMs(to) });

const cameBack = ({ cameBack: { recovered, late } }: ChartData): string =>
  [
    [recovered, "recovered"],
    [late, "late"],
  ]
    .filter(([count]) => count !== 0)
    .map(([count, word]) => `, ${count} ${word}`)
    .join("");

export interface ChannelChartProps {
  device: string;
  channel: Channel;
  range: Range;
  width: number;
  /** the stretch all charts show; null = its own */
  shown: Span | null;
  onSelect: (fromMs: number, toMs: number) => void;
  /** what it has: the ends of a range that has none are known by its answer only */
  onSpan: (span: Span) => void;
  /** where epochs and runs begin in it */
  onStarts: ((starts: SeriesStarts) => void) | undefined;
}

/** One channel over time, with its gaps. */
export const ChannelChart = ({
  device,
  channel,
  range,
  width,
  shown,
  onSelect,
  onSpan,
  onStarts,
}: ChannelChartProps) => {
  const [hovered, setHovered] = useState<number | null>(null);
  const points = Math.max(50, Math.round(width / PIXELS_PER_BUCKET));
  const { data: series, path, failure, isOfRange } = useSeries(device, channel.name, range, points);
  const data = useMemo(
    () => (series === undefined ? NO_CHART : chartData(series.buckets, series.stepSeconds * 1000)),
    [series],
  );
  const columns = useMemo(() => channelColumns(data), [data]);
  const gaps = useRef(series?.gaps ?? []);
  gaps.current = series?.gaps ?? [];
  const startTimes = useMemo(() => (series?.starts ?? []).map(({ at }) => parseMs(at) / 1000), [series]);
  const starts = useRef(startTimes);
  starts.current = startTimes;
  const [pointed, setPointed] = useState<PointedMark | null>(null);
  const pointedStart = pointed === null ? undefined : series?.starts[pointed.index];
  const startCount = startTimes.length + (series?.startsLeftOut ?? 0);
  const leftOut = series?.gapsLeftOut ?? 0;
  const drawn = useRef(data);
  drawn.current = data;
  const span = series === undefined ? null : spanOf(series);
  const visible = shown ?? span;
  const showNewest = (ms: number): void => {
    const length = visible === null ? 0 : visible.toMs - visible.fromMs;
    onSelect(ms - length * (1 - AFTER_NEWEST), ms + length * AFTER_NEWEST);
  };
  useEffect(() => {
    if (span !== null && isOfRange) onSpan(span);
  }, [span?.fromMs, span?.toMs, isOfRange]);
  useEffect(() => {
    if (series !== undefined) onStarts?.(series);
  }, [series, onStarts]);

  return (
    <figure class="channel">
      <figcaption class="channel-title">
        <strong class="channel-name">{channel.name}</strong>
        {series !== undefined && (
          <Readout
            data={data}
            index={hovered}
            endMs={visible?.toMs ?? null}
            unit={channel.unit}
            none={
              <>
                no reading in this span
                <NewestReading device={device} channel={channel.name} onShow={showNewest} />
              </>
            }
          />
        )}
        <span class="end">
          {failure !== undefined && failure.status !== 0 && <span class="note">{failure.message}</span>}
          {leftOut > 0 && <span class="note">only the longest gaps are shaded</span>}
          {path !== null && <CopyCurl path={path} />}
        </span>
      </figcaption>
      <div class="chart-place">
        <TimeChart
          key={data.isSwitch ? "steps" : "line"}
          options={() =>
            channelOptions(
              { gaps: () => gaps.current, starts: () => starts.current, onStart: setPointed },
              data.isSwitch,
              () => drawn.current,
            )
          }
          data={columns}
          from={visible === null ? undefined : visible.fromMs / 1000}
          to={visible === null ? undefined : visible.toMs / 1000}
          height={Math.round(HEIGHT * useWallScale())}
          label={`${channel.name} of ${device} over time, ${plural(gaps.current.length + leftOut, "gap")}${cameBack(data)}${startCount > 0 ? `, ${plural(startCount, "start")}` : ""}`}
          onHover={setHovered}
          onSelect={(from, to) => onSelect(from * 1000, to * 1000)}
        />
        {pointed !== null && pointedStart !== undefined && <StartTip {...pointed} start={pointedStart} />}
      </div>
    </figure>
  );
};
