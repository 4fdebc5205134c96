import { once } from "node:events";
import { accessSync, closeSync, constants, createReadStream, createWriteStream, openSync } from "node:fs";
import { createInterface } from "node:readline";
import { LacunaError, messageOf } from "../../common/errors.ts";
import { isNamedPipe, openNamedPipe } from "../../common/named-pipe.ts";
import type { Truth, TruthHeader, TruthRecord } from "./truth.ts";
import { TruthOrder } from "./truth-order.ts";
import { parseTruthHeader, parseTruthRecord } from "./truth-parse.ts";

const writeError = (path: string, cause: unknown): LacunaError => {
  const message = `the truth file ${path} cannot be written: ${messageOf(cause)}`;
  return new LacunaError("ERR_TRUTH_WRITE", message, { cause });
};

/**
 * Finds out before a long simulation whether its truth will have a place; what the file holds stays.
 * @throws LacunaError `ERR_TRUTH_WRITE`
 */
export const checkTruthPath = (path: string): void => {
  try {
    // who reads a pipe would take the close for the end of the truth
    if (isNamedPipe(path)) accessSync(path, constants.W_OK);
    else closeSync(openSync(path, "a"));
  } catch (error) {
    throw writeError(path, error);
  }
};

/** While the truth goes into a named pipe. */
export interface TruthReader {
  /** aborting gives up the wait for who reads it */
  signal: AbortSignal;
  /** nobody reads it yet */
  onAwaited(): void;
}

/**
 * Writes a truth file, line by line: the records of a large fleet are never one text in memory.
 * @throws LacunaError `ERR_TRUTH_WRITE`
 */
export const writeTruth = async (
  path: string,
  header: TruthHeader,
  records: Iterable<TruthRecord>,
  { signal, onAwaited }: TruthReader = { signal: new AbortController().signal, onAwaited: () => {} },
): Promise<void> => {
  try {
    const file = isNamedPipe(path) ? await openNamedPipe(path, signal, onAwaited) : createWriteStream(path);
    // an error has no other listener while nothing is awaited
    const failed = once(file, "close");
    failed.catch(() => undefined);
    file.write(`${JSON.stringify(header)}\n`);
    for (const record of records) {
      if (!file.write(`${JSON.stringify(record)}\n`)) await Promise.race([once(file, "drain"), failed]);
    }
    file.end();
    await failed;
  } catch (error) {
    throw writeError(path, error);
  }
};

/**
 * Reads a truth file.
 * @throws LacunaError `ERR_TRUTH_READ` when it cannot be read, `ERR_TRUTH_FORMAT` naming the line that is none or not in its place
 */
export const readTruth = async (path: string): Promise<Truth> => {
  let header: TruthHeader | undefined;
  let order: TruthOrder | undefined;
  const records: TruthRecord[] = [];
  let lineNumber = 0;
  const file = createReadStream(path);
  try {
    for await (const line of createInterface({ input: file })) {
      const where = `${path}:${++lineNumber}`;
      if (header === undefined || order === undefined) {
        header = parseTruthHeader(line, where);
        order = new TruthOrder(header);
      } else if (line !== "") {
        const record = parseTruthRecord(line, where);
        order.add(record, where);
        records.push(record);
      }
    }
    order?.end(path);
  } catch (error) {
    if (error instanceof LacunaError) throw error;
    const message = `the truth file ${path} cannot be read: ${messageOf(error)}`;
    throw new LacunaError("ERR_TRUTH_READ", message, { cause: error });
  } finally {
    file.destroy();
  }
  if (header === undefined) throw new LacunaError("ERR_TRUTH_FORMAT", `${path} is empty`);
  return { header, records };
};
