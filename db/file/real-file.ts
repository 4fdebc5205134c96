import { lstatSync, readlinkSync, realpathSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { codeOf } from "../../common/errors.ts";

/** The file behind symbolic links, also one that is not there yet: SQLite follows them and keeps what lies beside the database beside that one. */
export const realFileOf = (file: string): string => {
  try {
    return realpathSync(file);
  } catch (error) {
    const isLink = lstatSync(file, { throwIfNoEntry: false })?.isSymbolicLink() ?? false;
    if (!isLink || codeOf(error) !== "ENOENT") return file;
    return realFileOf(resolve(dirname(file), readlinkSync(file)));
  }
};
