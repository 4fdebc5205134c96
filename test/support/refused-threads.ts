import { createRequire, syncBuiltinESMExports } from "node:module";

const threads = createRequire(import.meta.url)("node:worker_threads") as typeof import("node:worker_threads");

/** What Node throws where the system allows no further thread. */
export const noThread = (): Error => Object.assign(new Error("EAGAIN"), { code: "ERR_WORKER_INIT_FAILED" });

/** Until it is disposed of, this thread may start so many others and none beyond. */
export const allowThreads = (count: number): Disposable => {
  const { Worker } = threads;
  let left = count;
  const replace = (by: typeof Worker): void => {
    threads.Worker = by;
    syncBuiltinESMExports();
  };
  replace(
    class extends Worker {
      constructor(...given: ConstructorParameters<typeof Worker>) {
        if (left-- <= 0) throw noThread();
        super(...given);
      }
    },
  );
  return { [Symbol.dispose]: () => replace(Worker) };
};
