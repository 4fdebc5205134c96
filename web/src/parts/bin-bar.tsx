import { binNumbers } from "../bins/bin-numbers.ts";
import { BINS } from "../bins/bins.ts";
import type { Bins } from "../data/types.ts";
import { count } from "../format/numbers.ts";

/** what is there at all is seen, however small its share */
const LEAST_WIDTH = 0.6;

/** All expected numbers as one bar, divided by bin. */
export const BinBar = ({ bins, height = 8 }: { bins: Bins & { reordered?: number }; height?: number }) => {
  const numbers = binNumbers(bins);
  const parts = BINS.map((bin) => ({ ...bin, amount: numbers[bin.key] })).filter(({ amount }) => amount > 0);
  const widths = parts.map(({ amount }) => Math.max(LEAST_WIDTH, (amount / bins.expected) * 100));
  const total = widths.reduce((sum, width) => sum + width, 0);
  let x = 0;
  const label = parts.map((part) => `${part.label} ${count(part.amount)}`).join(", ");
  return (
    <svg class="bar" viewBox={`0 0 100 ${height}`} preserveAspectRatio="none" role="img" aria-label={label}>
      {parts.map(({ key, token }, index) => {
        const width = (widths[index]! / total) * 100;
        x += width;
        return <rect key={key} class={token} x={x - width} width={width} height={height} />;
      })}
    </svg>
  );
};
