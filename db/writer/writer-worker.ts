import { readFileSync } from "node:fs";
import { type MessagePort, parentPort, receiveMessageOnPort, Worker, workerData } from "node:worker_threads";
import { systemClock } from "../../common/clock.ts";
import { detachFirst } from "../../common/detach-first.ts";
import { endedSoon } from "../../common/ended-soon.ts";
import { codeOf, messageOf } from "../../common/errors.ts";
import type { BatchMessage } from "../../protocol/batch.ts";
import type { MergeCommand, MergeReport, MergeThreadData } from "../merge/merge-messages.ts";
import { CHUNK_READINGS } from "../merge/merge-policy.ts";
import { warmUp } from "./warm-up.ts";
import { Writer } from "./writer.ts";
import type { WriterMessage, WriterThreadData } from "./writer-messages.ts";
import { WriterThread } from "./writer-thread.ts";

/** The writer's thread: the ports of the ingest workers on one side, the main thread on the other. */
const main = parentPort!;
const { ports, ...options } = workerData as WriterThreadData & { ports: MessagePort[] };

const post = (message: WriterMessage, transfer: ArrayBuffer[] = []): void =>
  main.postMessage(message, transfer);

const drain = (): BatchMessage[] => {
  const messages: BatchMessage[] = [];
  for (const port of ports) {
    for (;;) {
      const received = receiveMessageOnPort(port) as { message: BatchMessage } | undefined;
      if (received === undefined) break;
      messages.push(received.message);
    }
  }
  return messages;
};

const openWriter = (): Writer | undefined => {
  try {
    return new Writer({ ...options, clock: systemClock });
  } catch (error) {
    post({ type: "refused", code: codeOf(error) ?? "ERR_DATABASE_OPEN", message: messageOf(error) });
    return undefined;
  }
};

const ended = (): void => {
  merge({ command: "close" });
  for (const port of ports) port.close();
  main.close();
};

/** Linux counts for each thread what it has handed to write(2) and the like: this one writes to the database only (proc(5), /proc/pid/io). */
const writtenBytes = (): number | null => {
  if (process.platform !== "linux") return null;
  try {
    return Number(/^wchar: (\d+)$/m.exec(readFileSync("/proc/thread-self/io", "latin1"))![1]);
  } catch {
    return null;
  }
};

let merger: Worker | undefined;

/** The merger's thread is started by the first merge: most short runs need none. */
const merge = (command: MergeCommand): void => {
  if (merger === undefined && command.command !== "merge") return;
  merger ??= startMerger();
  merger.postMessage(command);
};

const startMerger = (): Worker => {
  const data: MergeThreadData = { file: options.file, chunkReadings: CHUNK_READINGS };
  const started = new Worker(new URL("../merge/merge-worker.ts", import.meta.url), {
    name: "merger",
    // its columns are used again and again: little in its heap is young
    resourceLimits: { maxYoungGenerationSizeMb: 4 },
    workerData: data,
  });
  started.on("message", (report: MergeReport) => thread?.merged(report));
  started.on("error", (error) => {
    merger = undefined;
    thread?.mergerEnded(error);
  });
  return started;
};

/** Resolves when it has closed the database: whoever only reads leaves SQLite's files beside it when it is the last. */
const endMerger = async (): Promise<void> => {
  if (merger === undefined) return;
  const gone = new Promise((resolve) => merger?.once("exit", resolve));
  merge({ command: "close" });
  await endedSoon(gone);
};

detachFirst();
const writer = openWriter();
let thread: WriterThread | undefined;
if (writer === undefined) ended();
else {
  const loop = new WriterThread(
    writer,
    {
      clock: systemClock,
      post,
      giveBack: (worker, reply) => ports[worker]!.postMessage(reply),
      tablesReached: (worker, reach) => ports[worker]!.postMessage(reach),
      drain,
      merge,
      writtenBytes,
      ended,
    },
    options,
  );
  thread = loop;
  // the main thread knows that the database is open, and batches come only once it has opened the sockets
  warmUp();
  for (const port of ports) port.on("message", (message: BatchMessage) => loop.accept(message));
  main.on("message", async () => {
    await endMerger();
    loop.close();
  });
}
