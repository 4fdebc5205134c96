import type { RefObject } from "preact";
import { useCallback, useState } from "preact/hooks";
import { binOf, LOST_BINS } from "../bins/bins.ts";
import { collectorNow } from "../data/clock.ts";
import type { Channel, SeriesStarts } from "../data/types.ts";
import { Legend } from "../parts/legend.tsx";
import { Panel } from "../parts/panel.tsx";
import { useWidth } from "../parts/use-width.ts";
import { ChannelChart } from "./channel-chart.tsx";
import { ChannelChoice } from "./channel-choice.tsx";
import { NoReading } from "./no-reading.tsx";
import { closeTo, panned, type Range, type Span, spanOfRange, zoomed } from "./range.ts";
import { RangeBar } from "./range-bar.tsx";
import { StartsList } from "./starts-list.tsx";

/** charts at first; all others wait for a click on their name */
const SHOWN_FIRST = 4;
/** a resize by less asks for the buckets that are there, CSS pixels */
const WIDTH_STEP = 200;
/** no answer takes longer: what is further ahead was asked for by a clock that was wrong */
const ASKED_APART_MS = 10_000;
const SHADES = [binOf("missing"), ...LOST_BINS];
const POINTS = [binOf("recovered"), binOf("late")];

const ALL: Range = { kind: "all" };
const MOVES: Record<string, (span: Span) => Range> = {
  ArrowLeft: (span) => panned(span, -0.25),
  ArrowRight: (span) => panned(span, 0.25),
  "+": (span) => zoomed(span, 0.5),
  "-": (span) => zoomed(span, 2),
};

/** Where a key leads; undefined = nowhere. @param from - what is seen now; null = not known yet */
const rangeByKey = (event: KeyboardEvent, from: Span | null): Range | undefined => {
  if (event.altKey || event.ctrlKey || event.metaKey) return undefined;
  if (/^(INPUT|SELECT)$/.test((event.target as HTMLElement).tagName)) return undefined;
  if (event.key === "Home") return ALL;
  return from === null ? undefined : MOVES[event.key]?.(from);
};

const areSame = (some: SeriesStarts, others: SeriesStarts): boolean =>
  some.startsLeftOut === others.startsLeftOut &&
  some.starts.length === others.starts.length &&
  some.starts.every(({ at, epoch, run }, index) => {
    const other = others.starts[index]!;
    return at === other.at && epoch === other.epoch && run === other.run;
  });

/** Whether it is what another chart asked for after `next` was asked for. */
const isNewer = (span: Span, next: Span): boolean =>
  span.toMs > next.toMs && span.toMs - next.toMs < ASKED_APART_MS;

const NO_STARTS: SeriesStarts = { starts: [], startsLeftOut: 0 };

export interface ChartsPanelProps {
  device: string;
  /** of the charts */
  place: RefObject<HTMLElement | null>;
  channels: readonly Channel[];
  /** names chosen by the URL; null = the first few */
  chosen: readonly string[] | null;
  range: Range;
  onRange: (range: Range, history?: "push" | "replace") => void;
  onChosen: (names: readonly string[]) => void;
}

/** Every chosen channel over the same stretch of time. */
export const ChartsPanel = ({
  device,
  place,
  channels,
  chosen,
  range,
  onRange,
  onChosen,
}: ChartsPanelProps) => {
  const width = useWidth(place, WIDTH_STEP);
  // charts ask one after the other: all of them show the newest stretch that one of them has
  const [newest, setNewest] = useState<{ key: string; span: Span } | null>(null);
  const key = JSON.stringify(range);
  const span = newest?.key === key ? newest.span : null;
  const noteSpan = useCallback(
    (next: Span) =>
      setNewest((before) =>
        before?.key === key && isNewer(before.span, next) ? before : { key, span: next },
      ),
    [key],
  );

  // all charts have the same: the first tells them, and they are drawn again only when they are others
  const [{ starts, startsLeftOut }, setStarts] = useState(NO_STARTS);
  const noteStarts = useCallback(
    (next: SeriesStarts) => setStarts((before) => (areSame(before, next) ? before : next)),
    [],
  );

  const names = chosen ?? channels.slice(0, SHOWN_FIRST).map(({ name }) => name);
  const shown = channels.filter(({ name }) => names.includes(name));
  const seenNow = (): Span | null => span ?? spanOfRange(range, collectorNow());
  const onKeyDown = (event: KeyboardEvent): void => {
    const next = rangeByKey(event, seenNow());
    if (next === undefined) return;
    event.preventDefault();
    // a key that is held down is one step back, not fifty
    onRange(next, event.repeat ? "replace" : "push");
  };

  return (
    <Panel title="Channels" end={<RangeBar range={range} span={seenNow()} onRange={onRange} />}>
      {channels.length > 1 && <ChannelChoice channels={channels} names={names} onChosen={onChosen} />}
      <section
        class="channels"
        ref={place}
        tabIndex={0}
        onKeyDown={onKeyDown}
        aria-label="Charts: arrow keys move in time, plus and minus zoom, Home shows all"
      >
        {channels.length === 0 && <NoReading />}
        {width > 0 &&
          shown.map((channel, index) => (
            <ChannelChart
              key={channel.name}
              device={device}
              channel={channel}
              range={range}
              width={width}
              onSelect={(fromMs, toMs) => onRange(zoomed({ fromMs, toMs }, 1))}
              shown={span}
              onSpan={noteSpan}
              onStarts={index === 0 ? noteStarts : undefined}
            />
          ))}
      </section>
      <div class="panel-body">
        <Legend bins={POINTS} shape="point" />
        <Legend bins={SHADES} />
        {shown.length > 0 && (
          <StartsList
            starts={starts}
            startsLeftOut={startsLeftOut}
            nowMs={collectorNow()}
            onLook={(atMs) => onRange(closeTo(atMs, seenNow() ?? { fromMs: atMs, toMs: atMs }))}
          />
        )}
      </div>
    </Panel>
  );
};
