import { Worker } from "node:worker_threads";
import { LacunaError } from "../common/errors.ts";
import type { Ask } from "./reader.ts";
import type { ReaderReply } from "./reader-worker.ts";
import { DATABASE_WORKER_HEAP } from "./worker-heap.ts";

interface Waiting {
  resolve(answer: never): void;
  reject(error: LacunaError): void;
}

/** Queries that wait for an answer at most; beyond it they are refused at once. */
const MAX_WAITING = 256;

export interface ReaderThread {
  ask: Ask;
  /** Queries not yet answered. */
  readonly waiting: number;
  /** Answers what was asked before, then ends the thread. */
  close(): Promise<void>;
}

/** A thread with a connection of its own that only reads. A thread that died is replaced with the next query. */
export const startReaderThread = (file: string): ReaderThread => {
  const waiting = new Map<number, Waiting>();
  let lastId = 0;
  let worker: Worker | undefined;
  let isClosed = false;

  const failAll = (reason: string, cause?: unknown): void => {
    worker = undefined;
    const error = new LacunaError("ERR_READER", `the query was not answered: ${reason}`, { cause });
    for (const { reject } of waiting.values()) reject(error);
    waiting.clear();
  };

  const settle = (reply: ReaderReply): void => {
    const asked = waiting.get(reply.id);
    waiting.delete(reply.id);
    if ("answer" in reply) asked?.resolve(reply.answer as never);
    else asked?.reject(new LacunaError(reply.error.code, reply.error.message));
  };

  const start = (): Worker => {
    const started = new Worker(new URL("./reader-worker.ts", import.meta.url), {
      resourceLimits: DATABASE_WORKER_HEAP,
      workerData: { file },
    });
    started.on("message", settle);
    started.on("error", (error) => failAll(error.message, error));
    started.on("exit", () => {
      if (worker === started) failAll("the reader's thread ended");
    });
    return started;
  };

  return {
    get waiting() {
      return waiting.size;
    },
    ask: (query) =>
      new Promise((resolve, reject) => {
        if (isClosed) reject(new LacunaError("ERR_READER_CLOSED", "the store is closed"));
        else if (waiting.size >= MAX_WAITING) {
          reject(new LacunaError("ERR_READER_BUSY", `${MAX_WAITING} queries wait already; try again`));
        } else {
          worker ??= start();
          lastId++;
          waiting.set(lastId, { resolve, reject });
          worker.postMessage({ id: lastId, query });
        }
      }),
    close: async () => {
      isClosed = true;
      if (worker === undefined) return;
      const ended = new Promise<void>((resolve) => worker?.once("exit", () => resolve()));
      worker.postMessage("close");
      await ended;
    },
  };
};
