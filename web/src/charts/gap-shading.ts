import type uPlot from "uplot";
import { binOf } from "../bins/bins.ts";
import type { SeriesGap } from "../data/types.ts";
import { parseMs } from "../format/times.ts";
import { tokenColour } from "../theme.ts";
import { wallPixels } from "./axes.ts";

const STRIP_PIXELS = 5;
const VEIL = 0.16;

/** Shades what is absent from the number before to the number after it, behind the line: a veil in the colour of the cause, solid at the foot. */
export const gapShading = (gaps: () => readonly SeriesGap[]): uPlot.Plugin => ({
  hooks: {
    drawClear: (plot) => {
      const { ctx, bbox } = plot;
      const scale = devicePixelRatio;
      ctx.save();
      ctx.beginPath();
      ctx.rect(bbox.left, bbox.top, bbox.width, bbox.height);
      ctx.clip();
      for (const { from, to, cause } of gaps()) {
        const left = plot.valToPos(parseMs(from) / 1000, "x", true);
        const right = plot.valToPos(parseMs(to) / 1000, "x", true);
        const width = Math.max(scale, right - left);
        ctx.fillStyle = tokenColour(binOf(cause ?? "missing").token);
        ctx.globalAlpha = VEIL;
        ctx.fillRect(left, bbox.top, width, bbox.height);
        ctx.globalAlpha = 1;
        const strip = Math.round(wallPixels(STRIP_PIXELS) * scale);
        ctx.fillRect(left, bbox.top + bbox.height - strip, width, strip);
      }
      ctx.restore();
    },
  },
});
