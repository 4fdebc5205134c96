import { createWriteStream, type Stats, type WriteStream } from "node:fs";
import { type FileHandle, open, realpath, rename, rm, stat } from "node:fs/promises";
import type { Writable } from "node:stream";
import { finished } from "node:stream/promises";
import { LacunaError, messageOf } from "../../common/errors.ts";
import { openNamedPipe } from "../../common/named-pipe.ts";
import { print, readerAwaited, write } from "../terminal/output.ts";

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
 * A file that is there when it is whole and durable, and not before: it is written beside its place under another name. A link stays one,
 * and a file that was there has its owner and who may read it. What is there and is no file (a device, a pipe) is written to as it is, like standard output.
 * @param signal - aborting gives up the wait for who reads a pipe
 * @throws LacunaError `ERR_OUTPUT`
 */
export const fileTarget = async (
  file: string,
  signal = new AbortController().signal,
): Promise<ExportTarget> => {
  const place = await realpath(file).catch(() => file);
  const found = await stat(place).catch(() => undefined);
  // it would be found out when all is written, by the rename
  if (file === "" || found?.isDirectory()) {
    throw new LacunaError("ERR_OUTPUT", `${JSON.stringify(file)} is no name of a file to write`);
  }
  if (found === undefined || found.isFile()) return regularFileTarget(place, found);
  const stream = found.isFIFO() ? pipeTo(place, signal) : opened(createWriteStream(place), place);
  return deviceTarget(await stream, place);
};

const pipeTo = async (place: string, signal: AbortSignal): Promise<Writable> => {
  try {
    return await openNamedPipe(place, signal, () => process.stderr.write(`${readerAwaited(place)}\n`));
  } catch (error) {
    throw cannotWrite(place, error);
  }
};

const deviceTarget = (stream: Writable, place: string): ExportTarget => {
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

/** @param former - the file that is there already */
const regularFileTarget = async (file: string, former: Stats | undefined): Promise<ExportTarget> => {
  const part = `${file}.${process.pid}.part`;
  // whoever may not read what was there is not to read what comes, either; we must, also where it may only be read
  const mode = former === undefined ? 0o666 : former.mode | 0o600;
  const stream = await opened(createWriteStream(part, { mode }), file);
  return {
    write: (text) => write(stream, text),
    finish: async () => {
      try {
        stream.end();
        await finished(stream);
        const handle = await open(part, "r+");
        await makeWhole(handle, former).finally(() => handle.close());
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

/** Durable, and for whom the former one was. */
const makeWhole = async (handle: FileHandle, former: Stats | undefined): Promise<void> => {
  if (former !== undefined) {
    // only root may give a file away: of anybody else it is theirs from now on
    await handle.chown(former.uid, former.gid).catch(() => {});
    await handle.chmod(former.mode & 0o777);
  }
  await handle.sync();
};

const opened = (stream: WriteStream, file: string): Promise<WriteStream> =>
  new Promise((resolve, reject) => {
    stream.once("error", (error) => reject(cannotWrite(file, error)));
    stream.once("open", () => resolve(stream));
  });

const cannotWrite = (file: string, error: unknown): LacunaError =>
  new LacunaError("ERR_OUTPUT", `${file} cannot be written: ${messageOf(error)}`, { cause: error });
