import type { TrackerOptions } from "../../../collector/tracker/types.ts";
import { NaiveLedger } from "../naive-ledger/naive-ledger.ts";
import { recorder } from "./recorder.ts";

type Step<Answer> = (ledger: NaiveLedger) => Answer;

/** The naive ledger and all it was told, so that a crash can bring another one to where the last commit was. */
export class NaiveSide {
  ledger: NaiveLedger;
  /** what its sink heard, as text */
  heard: string[] = [];
  readonly #begin: () => NaiveLedger;
  #steps: Step<unknown>[] = [];
  #committed = 0;
  #isReplaying = false;

  /** @param beganMs - when listening began, monotonic */
  constructor(options: TrackerOptions, hit: (rule: string) => void, recovers: boolean, beganMs: number) {
    const sink = recorder((line) => {
      if (!this.#isReplaying) this.heard.push(line);
    });
    const hitOnce = (rule: string): void => {
      if (!this.#isReplaying) hit(rule);
    };
    this.#begin = () => new NaiveLedger(options, sink, hitOnce, recovers, beganMs);
    this.ledger = this.#begin();
  }

  tell<Answer>(step: Step<Answer>): Answer {
    this.#steps.push(step);
    return step(this.ledger);
  }

  commit(): void {
    this.#committed = this.#steps.length;
  }

  /** What came after the last commit never was. */
  crash(): void {
    this.#steps = this.#steps.slice(0, this.#committed);
    this.#isReplaying = true;
    this.ledger = this.#begin();
    for (const step of this.#steps) step(this.ledger);
    this.#isReplaying = false;
  }
}
