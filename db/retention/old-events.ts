import type { Sqlite, Statement } from "../file/open.ts";
import { RowsPerStep } from "./rows-per-step.ts";

/** events kept at most, whatever their age */
const MAX_EVENTS = 1_000_000;

interface EventRow {
  event: number;
  at: number;
}

/** The events that retention removes: those that are too old, and the oldest of too many. */
export class OldEvents {
  readonly #oldest: Statement;
  readonly #newest: Statement;
  readonly #believableAfter: Statement;
  readonly #delete: Statement;
  readonly #step = new RowsPerStep();

  constructor(db: Sqlite) {
    this.#oldest = db.prepare("SELECT event, at FROM events ORDER BY event LIMIT ?");
    this.#newest = db.prepare("SELECT ifnull(max(event), 0) FROM events").pluck();
    this.#believableAfter = db
      .prepare("SELECT at FROM events WHERE event > ? AND at <= ? ORDER BY event LIMIT 1")
      .pluck();
    this.#delete = db.prepare("DELETE FROM events WHERE event <= ?");
  }

  /**
   * One step of them, inside the caller's transaction.
   * @param beforeUs - those before that are too old; 0 = none is
   * @param nowUs - what is dated after it was dated by a clock that has been set back since
   */
  remove(beforeUs: number, nowUs: number): void {
    const upTo = (this.#newest.get() as number) - MAX_EVENTS;
    const isDoomed = ({ event, at }: EventRow): boolean => at < beforeUs || event <= upTo;
    // one look at the oldest event tells whether there is anything to do
    const [oldest] = this.#oldestAsOf(nowUs, 1);
    if (oldest === undefined || !isDoomed(oldest)) return;
    const events = this.#oldestAsOf(nowUs, this.#step.most);
    const kept = events.findIndex((event) => !isDoomed(event));
    this.#step.found(kept < 0 ? events.length : kept);
    const last = events.at(kept < 0 ? -1 : kept - 1);
    if (last !== undefined) this.#delete.run(last.event);
  }

  /** Oldest first; one that is dated in the future happened before the next one that is not, as with segments. */
  #oldestAsOf(nowUs: number, most: number): EventRow[] {
    const events = this.#oldest.all(most) as EventRow[];
    const last = events.at(-1);
    if (last === undefined) return events;
    let next = last.at;
    if (next > nowUs) next = (this.#believableAfter.get(last.event, nowUs) as number | undefined) ?? nowUs;
    for (const event of events.reverse()) {
      if (event.at > nowUs) event.at = next;
      next = event.at;
    }
    return events.reverse();
  }
}
