import { readFileSync, statSync } from "node:fs";
import { LacunaError } from "../../common/errors.ts";
import { realFileOf } from "./real-file.ts";

/**
 * Whether another name may lead to a database, symbolic links apart: its log and its lock lie beside the name by which it was opened, so that whoever opens it by
 * another one finds neither, and writes over what the first one has in use.
 * @returns why, and what to do, as a clause; null where it has one name, or is not there yet
 */
export const otherNameOf = (file: string): string | null => {
  const found = statSync(file, { throwIfNoEntry: false });
  // what is none is told as that
  if (found?.isFile() !== true) return null;
  if (found.nlink > 1)
    return `it has ${found.nlink} names (hard links), and each would have a log of its own: remove the others, or copy it`;
  if (isMountPoint(realFileOf(file)))
    return "it is mounted alone, and its log would be left outside: mount the directory it is in";
  return null;
};

/** @throws LacunaError `ERR_DATABASE_OPEN` */
export const refuseOtherNames = (file: string): void => {
  const why = otherNameOf(file);
  if (why !== null) throw new LacunaError("ERR_DATABASE_OPEN", `cannot open the database ${file}: ${why}`);
};

/** Linux lists them (proc(5), /proc/pid/mountinfo); where nothing is listed nobody knows. */
const isMountPoint = (file: string): boolean => {
  try {
    const mounts = readFileSync("/proc/self/mountinfo", "utf8").split("\n");
    return mounts.some((mount) => unescaped(mount.split(" ")[4] ?? "") === file);
  } catch {
    return false;
  }
};

/** Spaces and the like are octal numbers there. */
const unescaped = (path: string): string =>
  path.replaceAll(/\\([0-7]{3})/g, (_, digits: string) => String.fromCharCode(Number.parseInt(digits, 8)));
