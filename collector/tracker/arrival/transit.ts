import type { TransitFigures } from "../../../protocol/device-arrivals.ts";
import { elapsedUs } from "../elapsed.ts";
import { widen } from "../widen.ts";

/** Figures of one run. Transits are arrival minus send time, microseconds: the offset between the two clocks is in them. */
const FIGURE = {
  /** pairs taken into the jitter */
  PAIRS: 0,
  /** RFC 3550 §6.4.1, microseconds */
  JITTER: 1,
  /** smoothed transit */
  MEAN: 2,
  /** when the current period began, arrival */
  SINCE: 3,
  /** in the current period */
  LEAST: 4,
  GREATEST: 5,
  /** in the one before; equal to those of the current one while there is none */
  FORMER_LEAST: 6,
  FORMER_GREATEST: 7,
} as const;
/** one cache line */
const FIGURES = 8;
/** gain of RFC 3550 */
const GAIN = 1 / 16;
/** clocks drift: what is least and greatest is of this and the former period */
const PERIOD_US = 600_000_000;
/** no way takes so much longer than before: a clock was set, and what was known is of no use */
const CLOCK_SET_US = 10_000_000;
/** of a device that sends often one of so many pairs of numbers is looked at (a power of 2), of a slower one each */
const SAMPLED = 8;
const SLOW_INTERVAL_US = 5_000_000;

/** Whether the pair of this number and the one before it is looked at: decided from what the short path has at hand. */
export const isSampled = (number: number, intervalUs: number): boolean =>
  (number & (SAMPLED - 1)) === 0 || intervalUs >= SLOW_INTERVAL_US;

/** Jitter and one-way delay of each run. */
export class Transit {
  /** by slot of the run; the system gives memory only for what a run has used */
  #figures: Float64Array;

  /** @param expected - runs there may well be */
  constructor(expected: number) {
    this.#figures = new Float64Array(Math.ceil(expected) * FIGURES);
  }

  /**
   * Two consecutive numbers arrived one after the other.
   * @param formerUs - transit of the first one
   * @param transitUs - of the second one
   */
  add(run: number, formerUs: number, transitUs: number, arrivalUs: number): void {
    const base = run * FIGURES;
    if (base >= this.#figures.length) this.#figures = widen(this.#figures, new Float64Array(2 * base));
    const figures = this.#figures;
    const change = Math.abs(transitUs - formerUs);
    const pairs = change > CLOCK_SET_US ? 0 : figures[base + FIGURE.PAIRS]!;
    figures[base + FIGURE.PAIRS] = pairs + 1;
    if (pairs === 0) {
      figures[base + FIGURE.JITTER] = change > CLOCK_SET_US ? 0 : change * GAIN;
      figures[base + FIGURE.MEAN] = transitUs;
    } else {
      const { JITTER, MEAN } = FIGURE;
      figures[base + JITTER] = figures[base + JITTER]! + (change - figures[base + JITTER]!) * GAIN;
      figures[base + MEAN] = figures[base + MEAN]! + (transitUs - figures[base + MEAN]!) * GAIN;
    }
    this.#bound(base, pairs === 0, transitUs, arrivalUs);
  }

  /** null = no pair was looked at yet */
  of(run: number): TransitFigures | null {
    const figures = this.#figures;
    const base = run * FIGURES;
    if (base >= figures.length || figures[base + FIGURE.PAIRS] === 0) return null;
    return {
      pairs: figures[base + FIGURE.PAIRS]!,
      jitterUs: figures[base + FIGURE.JITTER]!,
      meanUs: figures[base + FIGURE.MEAN]!,
      leastUs: Math.min(figures[base + FIGURE.LEAST]!, figures[base + FIGURE.FORMER_LEAST]!),
      greatestUs: Math.max(figures[base + FIGURE.GREATEST]!, figures[base + FIGURE.FORMER_GREATEST]!),
    };
  }

  /** The slot is another run's from now on. */
  forget(run: number): void {
    const at = run * FIGURES + FIGURE.PAIRS;
    if (at < this.#figures.length && this.#figures[at] !== 0) this.#figures[at] = 0;
  }

  #bound(base: number, isFirst: boolean, transitUs: number, arrivalUs: number): void {
    const figures = this.#figures;
    const isOver = elapsedUs(figures[base + FIGURE.SINCE]!, arrivalUs) > PERIOD_US;
    if (isFirst || isOver) {
      figures[base + FIGURE.FORMER_LEAST] = isFirst ? transitUs : figures[base + FIGURE.LEAST]!;
      figures[base + FIGURE.FORMER_GREATEST] = isFirst ? transitUs : figures[base + FIGURE.GREATEST]!;
      figures[base + FIGURE.SINCE] = arrivalUs;
      figures[base + FIGURE.LEAST] = transitUs;
      figures[base + FIGURE.GREATEST] = transitUs;
    } else if (transitUs < figures[base + FIGURE.LEAST]!) figures[base + FIGURE.LEAST] = transitUs;
    else if (transitUs > figures[base + FIGURE.GREATEST]!) figures[base + FIGURE.GREATEST] = transitUs;
  }
}
