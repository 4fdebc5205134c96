import { DamageTold } from "../../api/answers/damage-told.ts";
import type { DamagedPart } from "../../api/sources.ts";
import { ApiAnswerError } from "../../common/api-client.ts";
import { codeOf, messageOf } from "../../common/errors.ts";
import type { ExportPage } from "./source.ts";

/** What of a device's readings could not be read. */
export class DeviceDamage {
  readonly #device: string;
  readonly #told = new DamageTold();
  /** each once */
  readonly sentences: string[] = [];
  /** numbers of it, as far as they are known */
  numbers = 0;
  /** they are known of all of it */
  isCounted = true;

  constructor(device: string) {
    this.#device = device;
  }

  add(damaged: readonly DamagedPart[] | undefined): void {
    for (const part of this.#told.news(damaged)) {
      this.numbers += part.count ?? 0;
      this.isCounted &&= part.count !== null;
      this.sentences.push(`${this.#device}: ${sentenceOf(part)}`);
    }
  }

  /** The pages; where the database itself is damaged, or its disk does not give it, they end, and that is told: other devices may lie elsewhere. */
  async *withTold(pages: AsyncIterable<ExportPage>): AsyncGenerator<ExportPage> {
    try {
      yield* pages;
    } catch (error) {
      const code = error instanceof ApiAnswerError ? error.problem : codeOf(error);
      if (code !== "ERR_DATABASE_DAMAGED" && code !== "ERR_DATABASE_UNREADABLE") throw error;
      this.isCounted = false;
      this.sentences.push(
        `${this.#device}: what comes after the last reading cannot be read: ${messageOf(error)}`,
      );
    }
  }
}

const sentenceOf = ({ epoch, run, segment, first, last, count }: DamagedPart): string => {
  const where = `epoch ${epoch ?? "none"}, run ${run}`;
  const numbers = first === null || last === null ? "" : ` between #${first} and #${last}`;
  const what =
    count === null ? "what there is of it" : `${count} datagram${count === 1 ? "" : "s"}${numbers}`;
  return `${where}: ${what} in segment ${segment} of the database cannot be read`;
};
