import type { Arrivals } from "../data/types.ts";
import { delay } from "../format/times.ts";
import { Fact } from "../parts/fact.tsx";
import { clockSentence, meanPlace } from "./arrival-words.ts";

type Transit = NonNullable<Arrivals["transit"]>;

/** From the quickest to the slowest, with the mean between them: differences only, no clock is in them. */
const DelayScale = ({ transit }: { transit: Transit }) => {
  const { meanSeconds, leastSeconds, spreadSeconds } = transit;
  const place = meanPlace(transit);
  return (
    <div class="delay-scale">
      {place !== null && (
        <div class="delay-line" aria-hidden="true">
          <span class="delay-mean" style={{ left: `${place * 100}%` }} />
        </div>
      )}
      <dl class="delay-ends">
        <div>
          <dt>quickest</dt>
          <dd>0</dd>
        </div>
        <div>
          <dt class="delay-mean-name">mean</dt>
          <dd>+{delay(Math.max(0, meanSeconds - leastSeconds))}</dd>
        </div>
        <div>
          <dt>slowest</dt>
          <dd>+{delay(spreadSeconds)}</dd>
        </div>
      </dl>
    </div>
  );
};

/** How evenly numbers arrive: jitter, and the delay as far as it is known. */
export const DelayFigures = ({ transit }: { transit: Transit }) => (
  <>
    <dl class="facts">
      <Fact name="Jitter" meaning="smoothed by 1/16 (RFC 3550 §6.4.1)">
        {delay(transit.jitterSeconds)}
      </Fact>
    </dl>
    <p class="arrivals-words note">
      Jitter is how much the delay changes from one number to the next. Below are the delays of the last 10 to
      20 minutes, counted from the quickest.
    </p>
    <DelayScale transit={transit} />
    <p class="arrivals-words">{clockSentence(transit)}</p>
  </>
);
