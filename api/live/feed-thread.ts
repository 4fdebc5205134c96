import { type ResourceLimits, Worker } from "node:worker_threads";
import { endedSoon } from "../../common/ended-soon.ts";
import type { FeedThreadData, FromFeed, ToFeed } from "./messages.ts";

export interface FeedThread {
  post(message: ToFeed): void;
  /** Lets go of the database and ends. */
  close(): Promise<void>;
}

/** How a hub starts the thread; tests bring their own. */
export type StartFeed = (
  data: FeedThreadData,
  on: { message(message: FromFeed): void; failed(error: Error): void },
) => FeedThread;

/** Texts are made and given away: a large young generation would only hold garbage. */
const HEAP: ResourceLimits = { maxYoungGenerationSizeMb: 16 };

export const startFeedThread: StartFeed = (data, on) => {
  const worker = new Worker(new URL("./feed-worker.ts", import.meta.url), {
    name: "feed",
    resourceLimits: HEAP,
    workerData: data,
  });
  const ended = new Promise<void>((resolve) => worker.once("exit", () => resolve()));
  worker.on("message", on.message);
  worker.on("error", on.failed);
  return {
    post: (message) => worker.postMessage(message),
    close: async () => {
      worker.postMessage({ type: "close" } satisfies ToFeed);
      await endedSoon(ended);
    },
  };
};
