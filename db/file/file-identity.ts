import { renameSync, statSync } from "node:fs";
import { LacunaError, messageOf } from "../../common/errors.ts";
import { isPassingFailure } from "./open.ts";
import { realFileOf } from "./real-file.ts";

/** Which file that is. Inodes alone would not do: on two new file systems the same files have the same ones. */
const identityOf = (file: string): string | undefined => {
  const found = statSync(file, { throwIfNoEntry: false, bigint: true });
  return found === undefined ? undefined : `${found.dev} ${found.ino}`;
};

const isStill = (file: string, identity: string | undefined): boolean => {
  try {
    return identityOf(file) === identity;
  } catch {
    // the directory cannot be read at the moment: that says nothing of the file
    return true;
  }
};

/**
 * Tells whether a path still leads to the file that was opened: with a write-ahead log SQLite does not look (it does with a rollback journal),
 * and goes on writing to a file that nobody will find.
 */
export class FileIdentity {
  readonly #file: string;
  readonly #identity: string | undefined;
  /** the file behind symbolic links: beside it lies the log */
  readonly #realFile: string;
  readonly #logIdentity: string | undefined;

  /** @param file - open now, and its log too */
  constructor(file: string) {
    this.#file = file;
    this.#identity = identityOf(file);
    this.#realFile = realFileOf(file);
    this.#logIdentity = identityOf(`${this.#realFile}-wal`);
  }

  /**
   * @param saveLog - writes what the log has into the file
   * @throws LacunaError `ERR_DATABASE_GONE`; what may pass and keeps a log that was removed from being saved
   */
  check(saveLog: () => void): void {
    if (this.#isSame()) {
      this.#checkLog(saveLog);
      return;
    }
    const log = this.#putLogAside();
    const where = log === null ? "" : `; what was committed last is in ${log}`;
    throw new LacunaError(
      "ERR_DATABASE_GONE",
      `${this.#file} was removed or replaced while it was in use: what is written would be lost${where}. Start the collector again`,
    );
  }

  #isSame(): boolean {
    return isStill(this.#file, this.#identity);
  }

  /** Of what is in a log that has no name any more nobody who opens the database sees anything, and it goes with this process. */
  #checkLog(saveLog: () => void): void {
    const log = `${this.#realFile}-wal`;
    if (this.#logIdentity === undefined || isStill(log, this.#logIdentity)) return;
    let saved = `what was committed is in ${this.#file}`;
    try {
      saveLog();
    } catch (error) {
      // somebody reads, or the disk is full: it is tried again, as a commit is
      if (isPassingFailure(error)) throw error;
      saved = `what was committed last is lost (${messageOf(error)})`;
    }
    throw new LacunaError(
      "ERR_DATABASE_GONE",
      `${log} was removed or replaced while it was in use; ${saved}. Start the collector again`,
    );
  }

  /**
   * The log belongs to the file that is gone. Whoever opens the path next would write it over another database, or delete it beside none.
   * @returns its new name, as that of a database `-gone`; null when there is none of ours, or it cannot be renamed
   */
  #putLogAside(): string | null {
    const log = `${this.#realFile}-wal`;
    const aside = `${this.#realFile}-gone-wal`;
    try {
      if (this.#logIdentity === undefined || identityOf(log) !== this.#logIdentity) return null;
      // only a link to it was changed: it is where it was, and needs its log there
      if (identityOf(this.#realFile) === this.#identity) return null;
      renameSync(log, aside);
      return aside;
    } catch {
      return null;
    }
  }
}
