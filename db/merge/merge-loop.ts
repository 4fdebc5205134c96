import { codeOf, messageOf } from "../../common/errors.ts";
import { isPassingFailure } from "../open.ts";
import type { MergeCommand, MergeReport } from "./merge-messages.ts";
import type { MergeTask } from "./merge-task.ts";
import type { Merging } from "./merging.ts";

/** Where the merger is: a thread, or a test. */
export interface MergeHost {
  post(command: MergeCommand): void;
}

/**
 * Merges one after the other while the writer's loop goes on: asks for a merge after a flush, stages its lots between flushes. What fails for
 * a passing reason is given up and begun again later; what fails for any other ends merging until the next start: nothing is lost, the
 * segments stay as they are, and the status says so.
 */
export class MergeLoop {
  readonly #merging: Merging;
  readonly #begin: () => MergeTask | null;
  readonly #host: MergeHost;

  /** @param begin - chooses the next merge, null when there is none */
  constructor(merging: Merging, begin: () => MergeTask | null, host: MergeHost) {
    this.#merging = merging;
    this.#begin = begin;
    this.#host = host;
  }

  /** A flush was committed, or nothing waits: begin the next merge unless one runs. */
  step(): void {
    if (this.#merging.error !== null || this.#merging.current !== null) return;
    const task = this.#begin();
    if (task !== null) this.#host.post({ command: "merge", task });
  }

  handle(message: MergeReport): void {
    // given up meanwhile: retention took an input, or a stop has begun
    if (message.chunkSet !== this.#merging.current?.chunkSet) return;
    try {
      this.#take(message);
    } catch (error) {
      if (isPassingFailure(error)) this.#merging.abandon();
      else this.#merging.end(codeOf(error), messageOf(error));
    }
  }

  #take(message: MergeReport): void {
    switch (message.report) {
      case "lot":
        this.#merging.stage(message.lot);
        this.#host.post({ command: "next", chunkSet: message.chunkSet });
        break;
      case "merged":
        this.#merging.adopt(message.result);
        this.step();
        break;
      case "failed":
        this.#merging.end(message.code, message.message);
        break;
    }
  }

  /** The merger's thread is gone. */
  ended(error: unknown): void {
    this.#merging.end(codeOf(error), messageOf(error));
  }
}
