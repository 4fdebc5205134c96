import { useLayoutEffect, useRef } from "preact/hooks";
import uPlot from "uplot";
import { useThemeVersion } from "../theme.ts";

export type ChartOptions = Omit<uPlot.Options, "width" | "height">;

export interface TimeChartProps {
  /** called when the chart is built: at first, and for another theme, since it reads colours */
  options: (theme: number) => ChartOptions;
  /** seconds since the Unix epoch first; redrawn whenever it is another array */
  data: uPlot.AlignedData;
  /** seconds; all of the data when left out */
  from?: number | undefined;
  to?: number | undefined;
  height: number;
  label: string;
  /** index of the point under the cursor */
  onHover?: (index: number | null) => void;
  /** a stretch was drawn with the mouse, seconds */
  onSelect?: (from: number, to: number) => void;
}

const LEAST_WIDTH = 80;
/** shorter is a click */
const LEAST_SELECTION = 4;

/** A uPlot chart as wide as its place. */
export const TimeChart = (props: TimeChartProps) => {
  const { data, from, to, height, label } = props;
  const place = useRef<HTMLDivElement>(null);
  const chart = useRef<uPlot | null>(null);
  const latest = useRef(props);
  latest.current = props;
  const theme = useThemeVersion();

  useLayoutEffect(() => {
    const element = place.current!;
    const sizeOf = () => ({ width: Math.max(LEAST_WIDTH, element.clientWidth), height });
    const callbacks: uPlot.Plugin = {
      hooks: {
        setCursor: (plot) => latest.current.onHover?.(plot.cursor.idx ?? null),
        setSelect: (plot) => {
          const { left, width } = plot.select;
          if (width < LEAST_SELECTION) return;
          // before the first answer no place is a time
          if (plot.scales.x!.min != null)
            latest.current.onSelect?.(plot.posToVal(left, "x"), plot.posToVal(left + width, "x"));
          plot.setSelect({ left: 0, top: 0, width: 0, height: 0 }, false);
        },
      },
    };
    const options = latest.current.options(theme);
    const plugins = [...(options.plugins ?? []), callbacks];
    const built = new uPlot({ ...options, ...sizeOf(), plugins }, latest.current.data, element);
    chart.current = built;
    const observer = new ResizeObserver(() => built.setSize(sizeOf()));
    observer.observe(element);
    return () => {
      observer.disconnect();
      built.destroy();
      chart.current = null;
    };
  }, [theme, height]);

  useLayoutEffect(() => {
    const plot = chart.current;
    if (plot === null) return;
    plot.batch(() => {
      plot.setData(data, from === undefined);
      if (from !== undefined && to !== undefined) plot.setScale("x", { min: from, max: to });
    });
    // built anew, it knows nothing of the stretch
  }, [data, from, to, theme, height]);

  return <div class="chart" ref={place} role="img" aria-label={label} />;
};
