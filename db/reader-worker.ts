import { parentPort, workerData } from "node:worker_threads";
import { codeOf, messageOf } from "../common/errors.ts";
import { openForReading } from "./open.ts";
import { Queries, type QueryRequest } from "./queries.ts";

/** The reader's thread: answers one query after the other, so that a heavy one delays neither datagrams nor HTTP. */
export interface ReaderMessage {
  id: number;
  query: QueryRequest;
}
export type ReaderReply =
  | { id: number; answer: unknown }
  | { id: number; error: { code: string; message: string } };

const port = parentPort!;
const db = openForReading((workerData as { file: string }).file);
const queries = new Queries(db);

const reply = ({ id, query }: ReaderMessage): ReaderReply => {
  try {
    return { id, answer: queries.answer(query) };
  } catch (error) {
    return { id, error: { code: codeOf(error) ?? "ERR_QUERY", message: messageOf(error) } };
  }
};

port.on("message", (message: ReaderMessage | "close") => {
  if (message !== "close") {
    port.postMessage(reply(message));
    return;
  }
  db.close();
  port.close();
});
