import type { Bin } from "../bins/bins.ts";

export interface LegendProps {
  bins: readonly Bin[];
  /** how they are drawn: as areas, or as points with a rim */
  shape?: "area" | "point";
}

export const Legend = ({ bins, shape = "area" }: LegendProps) => (
  <ul class="legend">
    {bins.map(({ key, token, label, meaning }) => (
      <li key={key} title={meaning}>
        <span class={shape === "point" ? `swatch point ${token}` : `swatch ${token}`} />
        {label}
      </li>
    ))}
  </ul>
);
