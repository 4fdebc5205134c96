import { Worker } from "node:worker_threads";
import { codeOf, LacunaError, messageOf } from "../../common/errors.ts";
import type { ReaderData, ReaderMessage, ReaderReply } from "./reader-worker.ts";
import { DATABASE_WORKER_HEAP } from "./worker-heap.ts";

/** One thread with a connection of its own that only reads. It starts with the first query; one that died starts again with the next. */
export class ReaderThread {
  readonly #data: ReaderData;
  #worker: Worker | undefined;
  #running: PromiseWithResolvers<unknown> | undefined;

  constructor(data: ReaderData) {
    this.#data = data;
  }

  get isBusy(): boolean {
    return this.#running !== undefined;
  }

  get isStarted(): boolean {
    return this.#worker !== undefined;
  }

  /**
   * Answer one query; the thread must not be busy.
   * @throws LacunaError of the query, `ERR_READER` when the thread died, or why it cannot read the database at all
   */
  run(message: ReaderMessage): Promise<unknown> {
    try {
      this.#worker ??= this.#start();
    } catch (error) {
      const why = `no thread for the query can be started: ${messageOf(error)}`;
      return Promise.reject(new LacunaError("ERR_READER", why, { cause: error }));
    }
    const running = Promise.withResolvers<unknown>();
    this.#running = running;
    this.#worker.postMessage(message);
    return running.promise;
  }

  /** Ends the thread after the query it works on. */
  async close(): Promise<void> {
    const worker = this.#worker;
    if (worker === undefined) return;
    const ended = new Promise<void>((resolve) => worker.once("exit", () => resolve()));
    worker.postMessage("close");
    await ended;
  }

  #start(): Worker {
    const worker = new Worker(new URL("./reader-worker.ts", import.meta.url), {
      name: "reader",
      resourceLimits: DATABASE_WORKER_HEAP,
      workerData: this.#data,
    });
    worker.on("message", (reply: ReaderReply) => {
      const running = this.#running;
      this.#running = undefined;
      if ("answer" in reply) running?.resolve(reply.answer);
      else running?.reject(new LacunaError(reply.error.code, reply.error.message));
    });
    const fail = (reason: string, cause?: unknown): void => {
      if (this.#worker !== worker) return;
      const running = this.#running;
      this.#worker = undefined;
      this.#running = undefined;
      running?.reject(
        isOfDatabase(cause)
          ? cause
          : new LacunaError("ERR_READER", `the query was not answered: ${reason}`, { cause }),
      );
    };
    worker.on("error", (error) => fail(error.message, error));
    worker.on("exit", () => fail("the reader's thread ended"));
    return worker;
  }
}

/** The thread could not begin: another time it is the same, or its disk gives the database again. */
const isOfDatabase = (cause: unknown): boolean =>
  /^ERR_DATABASE_(DAMAGED|UNREADABLE)$/.test(codeOf(cause) ?? "");
