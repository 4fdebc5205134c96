import { closeSync, constants, openSync, statSync, writeSync } from "node:fs";
import { Writable } from "node:stream";
import { setTimeout as sleep } from "node:timers/promises";
import { codeOf, LacunaError } from "./errors.ts";

const LOOK_EVERY_MS = 100;
/** a full pipe of 64 KiB is looked at again */
const FULL_MS = 5;

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

const givenUp = (): LacunaError => new LacunaError("ERR_PIPE_UNREAD", "the pipe is read no further");

/**
 * What is opened by `node:fs` is closed by it. A net.Socket would close the descriptor by itself, and the end of a thread once more, as one that the thread
 * has left open: by then the number may be a database's.
 */
class PipeWriter extends Writable {
  readonly #fd: number;

  constructor(fd: number) {
    super();
    this.#fd = fd;
  }

  override _write(chunk: Buffer, encoding: BufferEncoding, done: (error?: Error | null) => void): void {
    if (this.destroyed) {
      done(this.errored ?? givenUp());
      return;
    }
    try {
      const rest = chunk.subarray(tryWriting(this.#fd, chunk));
      if (rest.length === 0) done();
      else setTimeout(() => this._write(rest, encoding, done), FULL_MS);
    } catch (error) {
      done(error as Error);
    }
  }

  override _destroy(error: Error | null, done: (error: Error | null) => void): void {
    closeSync(this.#fd);
    done(error);
  }
}

/** @returns bytes it took; 0 = it is full */
const tryWriting = (fd: number, bytes: Uint8Array): number => {
  try {
    return writeSync(fd, bytes);
  } catch (error) {
    if (codeOf(error) === "EAGAIN") return 0;
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
): Promise<Writable> => {
  let fd = tryOpening(path);
  if (fd === null) onWait();
  while (fd === null) {
    await sleep(LOOK_EVERY_MS);
    if (signal.aborted) throw new LacunaError("ERR_PIPE_UNREAD", "nobody reads the pipe");
    fd = tryOpening(path);
  }
  const pipe = new PipeWriter(fd);
  const giveUp = (): void => void pipe.destroy(givenUp());
  // between two writes nobody else listens; the next one fails
  pipe.on("error", () => {});
  signal.addEventListener("abort", giveUp);
  pipe.once("close", () => signal.removeEventListener("abort", giveUp));
  return pipe;
};
