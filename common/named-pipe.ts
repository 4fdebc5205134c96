import { constants, openSync, statSync } from "node:fs";
import { Socket } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { codeOf, LacunaError } from "./errors.ts";

const LOOK_EVERY_MS = 100;

export const isNamedPipe = (path: string): boolean =>
  statSync(path, { throwIfNoEntry: false })?.isFIFO() === true;

/** null = nobody reads it */
const tryOpening = (path: string): number | null => {
  try {
    return openSync(path, constants.O_WRONLY | constants.O_NONBLOCK);
  } catch (error) {
    if (codeOf(error) === "ENXIO") return null;
    throw error;
  }
};

/**
 * Opens a named pipe for writing once somebody reads it. A file stream would wait for the reader, and for each time it stands still, inside the system,
 * where neither a signal nor an exit ends it.
 * @param onWait - nobody reads it yet
 * @returns destroyed with an error when `signal` aborts
 * @throws LacunaError `ERR_PIPE_UNREAD` when `signal` aborts before somebody reads it, or what the system says
 */
export const openNamedPipe = async (
  path: string,
  signal: AbortSignal,
  onWait: () => void,
): Promise<Socket> => {
  let fd = tryOpening(path);
  if (fd === null) onWait();
  while (fd === null) {
    await sleep(LOOK_EVERY_MS);
    if (signal.aborted) throw new LacunaError("ERR_PIPE_UNREAD", "nobody reads the pipe");
    fd = tryOpening(path);
  }
  const pipe = new Socket({ fd, readable: false, writable: true });
  const giveUp = (): void =>
    void pipe.destroy(new LacunaError("ERR_PIPE_UNREAD", "the pipe is read no further"));
  // between two writes nobody else listens; the next one fails
  pipe.on("error", () => {});
  signal.addEventListener("abort", giveUp);
  pipe.once("close", () => signal.removeEventListener("abort", giveUp));
  return pipe;
};
