import { statSync } from "node:fs";
import { LacunaError } from "../common/errors.ts";

const inodeOf = (file: string): bigint | undefined =>
  statSync(file, { throwIfNoEntry: false, bigint: true })?.ino;

/**
 * Tells whether a path still leads to the file that was opened: with a write-ahead log SQLite does not look (it does with a rollback journal),
 * and goes on writing to a file that nobody will find.
 */
export class FileIdentity {
  readonly #file: string;
  readonly #inode: bigint | undefined;

  /** @param file - open now */
  constructor(file: string) {
    this.#file = file;
    this.#inode = inodeOf(file);
  }

  /** @throws LacunaError `ERR_DATABASE_GONE` */
  check(): void {
    if (this.#isSame()) return;
    throw new LacunaError(
      "ERR_DATABASE_GONE",
      `${this.#file} was removed or replaced while it was in use: what is written would be lost. Start the collector again`,
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
}
