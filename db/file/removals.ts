import { LacunaError, messageOf } from "../../common/errors.ts";
import { isDamage, orUnreadable } from "./damage.ts";

/** Something that was to be removed is damaged: nothing of the transaction is written. Taken again, it leaves that where it is. */
export class DamagedRemovalError extends LacunaError {}

/**
 * Steps of a transaction that only remove something: what is damaged there stays, and is told; the writer would end of it, and of the same at each start
 * again. SQLite goes on in no transaction that has met damage, not even behind a savepoint.
 */
export class Removals {
  /** by the names that tell of it */
  readonly #left = new Set<string>();
  readonly #file: string;
  readonly #damage: string[];

  /** @param damage - the sentences told so far */
  constructor(file: string, damage: string[]) {
    this.#file = file;
    this.#damage = damage;
  }

  /** how much is left where it is */
  get leftCount(): number {
    return this.#left.size;
  }

  isLeft(what: string): boolean {
    return this.#left.has(what);
  }

  /** A look at it, in no transaction: so that one goes on however much is damaged. @returns undefined where it is */
  look<T>(what: string, step: () => T): T | undefined {
    try {
      return step();
    } catch (error) {
      this.#leave(what, error);
      return undefined;
    }
  }

  /**
   * @param what - as the sentence names it that tells of it
   * @throws DamagedRemovalError
   */
  take<T>(what: string, step: () => T): T {
    try {
      return step();
    } catch (error) {
      throw new DamagedRemovalError("ERR_DATABASE_DAMAGED", this.#leave(what, error), { cause: error });
    }
  }

  /** @returns the sentence. @throws what is no damage, and may pass */
  #leave(what: string, thrown: unknown): string {
    const error = orUnreadable(this.#file, thrown);
    if (!isDamage(error)) throw error;
    this.#left.add(what);
    const sentence = `${what} of the database cannot be removed: ${messageOf(error)}`;
    this.#damage.push(sentence);
    return sentence;
  }
}
