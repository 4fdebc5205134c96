import { useEffect, useRef } from "preact/hooks";
import uPlot from "uplot";
import { useThemeVersion } from "../theme.ts";

export interface TimeChartProps {
  /** built anew when `identity` or the theme changes: colours are read then */
  options: () => Omit<uPlot.Options, "width" | "height">;
  /** tells charts of different shape apart */
  identity: string;
  /** seconds since the Unix epoch first; redrawn whenever it is another array */
  data: uPlot.AlignedData;
  height: number;
  label: string;
  /** index of the point under the cursor */
  onHover?: (index: number | null) => void;
}

/** A uPlot chart as wide as its place. */
export const TimeChart = ({ options, identity, data, height, label, onHover }: TimeChartProps) => {
  const place = useRef<HTMLDivElement>(null);
  const chart = useRef<uPlot | null>(null);
  const hover = useRef(onHover);
  hover.current = onHover;
  const theme = useThemeVersion();

  useEffect(() => {
    const element = place.current!;
    const built = new uPlot(
      {
        ...options(),
        width: Math.max(80, element.clientWidth),
        height,
        plugins: [
          ...(options().plugins ?? []),
          { hooks: { setCursor: (plot) => hover.current?.(plot.cursor.idx ?? null) } },
        ],
      },
      data,
      element,
    );
    chart.current = built;
    const observer = new ResizeObserver(() =>
      built.setSize({ width: Math.max(80, element.clientWidth), height }),
    );
    observer.observe(element);
    return () => {
      observer.disconnect();
      built.destroy();
      chart.current = null;
    };
  }, [identity, theme, height]);

  useEffect(() => {
    chart.current?.setData(data);
  }, [data]);

  return <div class="chart" ref={place} role="img" aria-label={label} />;
};
