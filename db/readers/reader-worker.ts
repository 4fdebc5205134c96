import { parentPort, workerData } from "node:worker_threads";
import { systemClock } from "../../common/clock.ts";
import { detachFirst } from "../../common/detach-first.ts";
import { codeOf, messageOf } from "../../common/errors.ts";
import { orUnreadable } from "../file/damage.ts";
import { openForReading } from "../file/open.ts";
import type { QueryLimits } from "../query/query-budget.ts";
import { type AnswerTexts, NO_TEXTS } from "./answer-texts.ts";
import { Queries, type QueryAnswers, type QueryRequest } from "./queries.ts";

/** A reader's thread: answers one query after the other, so that a heavy one delays neither datagrams nor HTTP. */
export interface ReaderData {
  file: string;
  /** module that exports AnswerTexts; null = none, the thread is asked for rows only */
  textsUrl: string | null;
}
export interface ReaderMessage {
  query: QueryRequest;
  limits: QueryLimits;
}
export type ReaderReply =
  | { answer: QueryAnswers[QueryRequest["kind"]] }
  | { error: { code: string; message: string } };

const port = parentPort!;
const { file, textsUrl } = workerData as ReaderData;
const texts: AnswerTexts = textsUrl === null ? NO_TEXTS : ((await import(textsUrl)) as AnswerTexts);
detachFirst();
const db = openForReading(file);
const queries = new Queries(db, texts, systemClock.monotonicMs);

const reply = ({ query, limits }: ReaderMessage): ReaderReply => {
  try {
    return { answer: queries.answer(query, limits) };
  } catch (thrown) {
    const error = orUnreadable(file, thrown);
    return { error: { code: codeOf(error) ?? "ERR_QUERY", message: messageOf(error) } };
  }
};

/** A text is handed over, not copied. */
const buffersOf = (answered: ReaderReply): ArrayBuffer[] =>
  "answer" in answered && "text" in answered.answer ? [answered.answer.text.buffer] : [];

port.on("message", (message: ReaderMessage | "close") => {
  if (message !== "close") {
    const answered = reply(message);
    port.postMessage(answered, buffersOf(answered));
    return;
  }
  db.close();
  port.close();
});
