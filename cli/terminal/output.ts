import type { Writable } from "node:stream";
import { codeOf, LacunaError, messageOf } from "../../common/errors.ts";

/** Nobody reads the output any more (`| head`): there is nothing more to do and nothing to say. */
export class OutputClosedError extends LacunaError {
  constructor(options?: { cause?: unknown }) {
    super("ERR_OUTPUT_CLOSED", "nobody reads the output any more", options);
  }
}

/**
 * Writes and waits until it is taken, so that no more than this is in memory however slow the reader.
 * @throws OutputClosedError, or LacunaError `ERR_OUTPUT` when it cannot be written
 */
export const write = (stream: Writable, text: string): Promise<void> =>
  new Promise((resolve, reject) => {
    // the error of a write is given to its callback, and to this listener, without which it would end the process
    const ignore = (): void => {};
    stream.once("error", ignore);
    stream.write(text, (error) => {
      if (error == null) {
        stream.off("error", ignore);
        resolve();
      } else reject(outputError(error));
    });
  });

const outputError = (error: Error): LacunaError =>
  codeOf(error) === "EPIPE"
    ? new OutputClosedError({ cause: error })
    : new LacunaError("ERR_OUTPUT", `the output cannot be written: ${messageOf(error)}`, { cause: error });

/** The same to standard output. */
export const print = (text: string): Promise<void> => write(process.stdout, text);

/** @param pipe - a named pipe that is to be written */
export const readerAwaited = (pipe: string): string =>
  `nobody reads ${pipe}: waiting for somebody who does; Ctrl-C gives it up`;
