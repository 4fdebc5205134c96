import { parentPort, workerData } from "node:worker_threads";
import { detachFirst } from "../../common/detach-first.ts";
import { LiveSegments } from "../../db/query/live-segments.ts";
import { Feed } from "./feed.ts";
import type { FeedThreadData, ToFeed } from "./messages.ts";

/** The thread of the live feed: decodes and writes text, so that neither ingest nor the answers of the API wait for viewers. */
const port = parentPort!;
const { file, flush } = workerData as FeedThreadData;
detachFirst();
const segments = new LiveSegments(file, flush);
const feed = new Feed(
  {
    segments,
    post: (message, transfer = []) => port.postMessage(message, transfer),
    after: (delayMs, then) => setTimeout(then, delayMs).unref(),
  },
  flush,
);

port.on("message", (message: ToFeed) => {
  if (message.type !== "close") {
    // a rejection ends the thread: the hub says so to its clients, who come again
    void feed.receive(message);
    return;
  }
  segments.close();
  port.close();
});
