import uPlot from "uplot";
import { widthOfValues } from "./axes.ts";

/** of each chart: what its own texts need, and what it was drawn with */
const needed = new WeakMap<uPlot, number>();
const drawn = new WeakMap<uPlot, number>();

const widestOf = (plots: readonly uPlot[]): number => Math.max(...plots.map((plot) => needed.get(plot) ?? 0));

/**
 * The axis of values is as wide as its longest text needs, and as wide as those of the charts that share its cursor: their times lie below each other.
 * @param key - of the shared cursor
 */
export const sharedWidth = (key: string): { size: uPlot.Axis.Size; plugin: uPlot.Plugin } => {
  const group = uPlot.sync(key);
  return {
    size: (plot, texts) => {
      // first of all it is asked without any
      needed.set(plot, widthOfValues(plot, texts ?? []));
      const width = widestOf([...group.plots, plot]);
      drawn.set(plot, width);
      return width;
    },
    plugin: {
      hooks: {
        draw: () => {
          const width = widestOf(group.plots);
          for (const plot of group.plots.filter((other) => drawn.get(other) !== width)) {
            // one that has no place for an axis is not asked for its size, and would be drawn again for ever
            drawn.set(plot, width);
            plot.redraw(true, true);
          }
        },
      },
    },
  };
};
