import { once } from "node:events";
import { MessageChannel, type MessagePort } from "node:worker_threads";
import type { BatchMessage } from "../../protocol/batch.ts";
import { BatchReader } from "./batch-reader.ts";

/** The writer's end of one ingest worker's port: reads each batch and gives it back. */
export class MemoryWriter {
  readonly reader = new BatchReader();
  readonly port: MessagePort;
  readonly otherEnd: MessagePort;
  readonly closed: Promise<unknown>;

  constructor() {
    const { port1, port2 } = new MessageChannel();
    this.port = port1;
    this.otherEnd = port2;
    this.closed = once(port1, "close");
    port1.on("message", (message: BatchMessage) => {
      this.reader.read(message);
      port1.postMessage({ buffer: message.buffer, committed: message.number });
    });
  }
}
