import { renameSync, statSync } from "node:fs";
import { LacunaError } from "../common/errors.ts";
import { realFileOf } from "./real-file.ts";

const inodeOf = (file: string): bigint | undefined =>
  statSync(file, { throwIfNoEntry: false, bigint: true })?.ino;

/**
 * Tells whether a path still leads to the file that was opened: with a write-ahead log SQLite does not look (it does with a rollback journal),
 * and goes on writing to a file that nobody will find.
 */
export class FileIdentity {
  readonly #file: string;
  readonly #inode: bigint | undefined;
  /** the file behind symbolic links: beside it lies the log */
  readonly #realFile: string;
  readonly #logInode: bigint | undefined;

  /** @param file - open now, and its log too */
  constructor(file: string) {
    this.#file = file;
    this.#inode = inodeOf(file);
    this.#realFile = realFileOf(file);
    this.#logInode = inodeOf(`${this.#realFile}-wal`);
  }

  /** @throws LacunaError `ERR_DATABASE_GONE` */
  check(): void {
    if (this.#isSame()) return;
    const log = this.#putLogAside();
    const where = log === null ? "" : `; what was committed last is in ${log}`;
    throw new LacunaError(
      "ERR_DATABASE_GONE",
      `${this.#file} was removed or replaced while it was in use: what is written would be lost${where}. Start the collector again`,
    );
  }

  #isSame(): boolean {
    try {
      return inodeOf(this.#file) === this.#inode;
    } catch {
      // the directory cannot be read at the moment: that says nothing of the file
      return true;
    }
  }

  /**
   * The log belongs to the file that is gone. Whoever opens the path next would write it over another database, or delete it beside none.
   * @returns its new name, as that of a database `-gone`; null when there is none of ours, or it cannot be renamed
   */
  #putLogAside(): string | null {
    const log = `${this.#realFile}-wal`;
    const aside = `${this.#realFile}-gone-wal`;
    try {
      if (this.#logInode === undefined || inodeOf(log) !== this.#logInode) return null;
      // only a link to it was changed: it is where it was, and needs its log there
      if (inodeOf(this.#realFile) === this.#inode) return null;
      renameSync(log, aside);
      return aside;
    } catch {
      return null;
    }
  }
}
