import { formatDurationMs } from "../../common/duration.ts";
import { LacunaError } from "../../common/errors.ts";

/** What one query may cost. */
export interface QueryLimits {
  /** milliseconds */
  timeMs: number;
  /** readings decoded */
  readings: number;
}

export const UNLIMITED: QueryLimits = {
  timeMs: Number.POSITIVE_INFINITY,
  readings: Number.POSITIVE_INFINITY,
};

export const ERR_QUERY_TIMEOUT = "ERR_QUERY_TIMEOUT";
export const ERR_QUERY_TOO_LARGE = "ERR_QUERY_TOO_LARGE";

/**
 * Ends a query that costs too much. SQLite's own statements here are short; so time is looked at between the pieces and the gap rows a query reads.
 */
export class QueryBudget {
  readonly #nowMs: () => number;
  #limits: QueryLimits = UNLIMITED;
  #startMs = 0;
  #readings = 0;

  /** @param nowMs - a monotonic clock */
  constructor(nowMs: () => number) {
    this.#nowMs = nowMs;
  }

  /** The next query begins. */
  begin(limits: QueryLimits): void {
    this.#limits = limits;
    this.#startMs = this.#nowMs();
    this.#readings = 0;
  }

  /**
   * Before a piece, or a gap row, is read.
   * @throws LacunaError `ERR_QUERY_TIMEOUT`
   */
  checkTime(): void {
    const { timeMs } = this.#limits;
    if (this.#nowMs() - this.#startMs > timeMs) {
      throw new LacunaError(
        ERR_QUERY_TIMEOUT,
        `the query took longer than ${formatDurationMs(timeMs)}; ask for a shorter span of time`,
      );
    }
  }

  /**
   * After a piece was read.
   * @throws LacunaError `ERR_QUERY_TOO_LARGE`
   */
  spend(readings: number): void {
    this.#readings += readings;
    if (this.#readings > this.#limits.readings) {
      throw new LacunaError(
        ERR_QUERY_TOO_LARGE,
        `the query would read more than ${this.#limits.readings} readings; ask for a shorter span of time`,
      );
    }
  }
}
