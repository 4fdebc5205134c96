import { createWriteStream, type WriteStream } from "node:fs";
import { open, realpath, rename, rm, stat } from "node:fs/promises";
import { finished } from "node:stream/promises";
import { LacunaError, messageOf } from "../../common/errors.ts";
import { print, write } from "../terminal/output.ts";

/** Where an export goes. */
export interface ExportTarget {
  /** @throws LacunaError when it cannot be written */
  write(text: string): Promise<void>;
  /** all of it is there */
  finish(): Promise<void>;
  /** it is not whole: nothing that looks like it stays */
  discard(): Promise<void>;
}

/** What is printed cannot be taken back; the exit status says that it is not whole. */
export const standardOutput: ExportTarget = {
  write: print,
  finish: async () => {},
  discard: async () => {},
};

/**
 * A file that is there when it is whole and durable, and not before: it is written beside its place under another name. A link stays one.
 * What is there and is no file (a device, a pipe) is written to as it is, like standard output.
 * @throws LacunaError `ERR_OUTPUT`
 */
export const fileTarget = async (file: string): Promise<ExportTarget> => {
  const place = await realpath(file).catch(() => file);
  const found = await stat(place).catch(() => undefined);
  // it would be found out when all is written, by the rename
  if (file === "" || found?.isDirectory()) {
    throw new LacunaError("ERR_OUTPUT", `${JSON.stringify(file)} is no name of a file to write`);
  }
  return found === undefined || found.isFile() ? regularFileTarget(place) : deviceTarget(place);
};

const deviceTarget = async (place: string): Promise<ExportTarget> => {
  const stream = await opened(createWriteStream(place), place);
  return {
    write: (text) => write(stream, text),
    finish: async () => {
      stream.end();
      await finished(stream).catch((error: unknown) => {
        throw cannotWrite(place, error);
      });
    },
    discard: async () => {
      stream.destroy();
    },
  };
};

const regularFileTarget = async (file: string): Promise<ExportTarget> => {
  const part = `${file}.${process.pid}.part`;
  const stream = await opened(createWriteStream(part), file);
  return {
    write: (text) => write(stream, text),
    finish: async () => {
      try {
        stream.end();
        await finished(stream);
        const handle = await open(part, "r+");
        await handle.sync().finally(() => handle.close());
        await rename(part, file);
      } catch (error) {
        throw cannotWrite(file, error);
      }
    },
    discard: async () => {
      stream.destroy();
      await rm(part, { force: true });
    },
  };
};

const opened = (stream: WriteStream, file: string): Promise<WriteStream> =>
  new Promise((resolve, reject) => {
    stream.once("error", (error) => reject(cannotWrite(file, error)));
    stream.once("open", () => resolve(stream));
  });

const cannotWrite = (file: string, error: unknown): LacunaError =>
  new LacunaError("ERR_OUTPUT", `${file} cannot be written: ${messageOf(error)}`, { cause: error });
