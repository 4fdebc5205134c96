import { type MessagePort, parentPort, receiveMessageOnPort, workerData } from "node:worker_threads";
import { systemClock } from "../common/clock.ts";
import { codeOf, messageOf } from "../common/errors.ts";
import type { BatchMessage } from "../protocol/batch.ts";
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
  for (const port of ports) port.close();
  main.close();
};

const writer = openWriter();
if (writer === undefined) ended();
else {
  const thread = new WriterThread(
    writer,
    {
      clock: systemClock,
      post,
      giveBack: (worker, reply) => ports[worker]!.postMessage(reply),
      drain,
      ended,
    },
    options,
  );
  for (const port of ports) port.on("message", (message: BatchMessage) => thread.accept(message));
  main.on("message", () => thread.close());
}
