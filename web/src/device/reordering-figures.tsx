import type { Arrivals } from "../data/types.ts";
import { compact, count, measured, plural } from "../format/numbers.ts";
import { delay } from "../format/times.ts";
import { Fact } from "../parts/fact.tsx";

/** what there is any of is seen, percent of the height */
const LEAST_HEIGHT = 4;

/** One bar for each n: how many numbers at least so many others had overtaken, one right after the other. */
const Overtaken = ({ atLeast }: { atLeast: readonly number[] }) => {
  const most = Math.max(1, ...atLeast);
  return (
    <ul class="overtaken">
      {atLeast.map((amount, index) => (
        <li key={index} title={`overtaken by ${index + 1} or more: ${plural(amount, "number")}`}>
          <span class="hidden-visually">
            {index + 1} or more: {plural(amount, "number")}
          </span>
          <span class={amount === 0 ? "zero" : ""} aria-hidden="true">
            {compact(amount)}
          </span>
          <span class="overtaken-room" aria-hidden="true">
            <span
              class="overtaken-bar bin-reordered"
              style={{ height: `${amount === 0 ? 0 : Math.max(LEAST_HEIGHT, (amount / most) * 100)}%` }}
            />
          </span>
          <span class="overtaken-n" aria-hidden="true">
            ≥ {index + 1}
          </span>
        </li>
      ))}
    </ul>
  );
};

/** How far out of order numbers come. */
export const ReorderingFigures = ({ reordering }: { reordering: Arrivals["reordering"] }) => {
  const { count: amount, greatestExtent, meanExtent, greatestDelaySeconds, nReordering } = reordering;
  if (amount === 0)
    return (
      <p class="arrivals-words">
        No number came after a greater one. What we had asked for again is not counted here.
      </p>
    );
  return (
    <>
      <dl class="facts">
        <Fact name="Out of order" meaning="numbers that came after a greater one">
          {count(amount)}
        </Fact>
        <Fact name="Longest wait" meaning="from the first greater number until it came">
          {delay(greatestDelaySeconds)}
        </Fact>
        <Fact
          name="Greatest extent"
          meaning="numbers received from the first greater one until it came (RFC 4737 §4.2)"
        >
          {count(greatestExtent)}
          <span class="note"> mean {measured(Number(meanExtent.toFixed(1)))}</span>
        </Fact>
      </dl>
      <p class="arrivals-words note">
        How many were overtaken by at least so many others, one right after the other (n-reordering, RFC 4737
        §5). What we had asked for again is not counted here.
      </p>
      <Overtaken atLeast={nReordering} />
    </>
  );
};
