import { closeSync, openSync } from "node:fs";
import { codeOf, messageOf } from "./errors.ts";

/** Node's words, those of its threads, and those of calls that only know the number of the error. */
const SPENT = /\b(?:EMFILE|ENFILE|too many open files)\b|\bsystem error 2[34]\b/;

/** Whether a failure came of it that this process, or the host, may have no more files and sockets open. @param message - of the error */
export const isOutOfDescriptors = (message: string): boolean => SPENT.test(message);

/**
 * Ask where somebody else (SQLite) only says that it cannot open a file.
 * @param count - how many would be needed
 * @returns what the system answers; null when they are to be had
 */
export const descriptorShortage = (count: number): string | null => {
  const open: number[] = [];
  try {
    while (open.length < count) open.push(openSync(process.execPath, "r"));
    return null;
  } catch (error) {
    // without the name of the file, which has no part in it
    return isOutOfDescriptors(messageOf(error)) ? `${codeOf(error)}: too many open files` : null;
  } finally {
    for (const descriptor of open) closeSync(descriptor);
  }
};
