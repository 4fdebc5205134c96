import type { Status } from "../data/status-types.ts";
import { bytes, plural } from "../format/numbers.ts";

export interface Sentence {
  text: string;
  /** the setting it speaks for; null: none */
  setting: string | null;
  /** URL of the listener it is about; null: the collector */
  listener: string | null;
  /** somebody should do something; otherwise it says that all is well */
  isToDo: boolean;
}

const toDo = (text: string, given: Partial<Sentence> = {}): Sentence => ({
  text,
  setting: null,
  listener: null,
  isToDo: true,
  ...given,
});

const listenerSentences = ({ listeners }: Status): Sentence[] =>
  listeners
    .filter(({ state }) => state === "UNAVAILABLE" || state === "FAILED")
    .map(({ url: listener, state, reason }) =>
      toDo(`It is ${state}: ${reason ?? "no reason known"}.`, { listener }),
    );

const bufferSentences = ({ listeners }: Status): Sentence[] =>
  listeners.flatMap(({ url: listener, receiveBuffer: { requestedBytes, grantedBytes } }) =>
    requestedBytes === null || grantedBytes === null || grantedBytes >= requestedBytes
      ? []
      : [
          toDo(`It asked for a receive buffer of ${bytes(requestedBytes)} and got ${bytes(grantedBytes)}.`, {
            listener,
            setting: `sysctl -w net.core.rmem_max=${requestedBytes}`,
          }),
        ],
  );

/** what a full batch pool refused the collector's own advice tells */
const queueSentences = ({ queues }: Status): Sentence[] =>
  queues
    .filter(({ name, refused }) => name !== "batches" && refused > 0)
    .map(({ name, refused }) =>
      toDo(`The queue “${name}” was full and refused ${plural(refused, "datagram")}.`),
    );

/** codes that always ask for something, whether a setting helps or not */
const ALWAYS_TO_DO = ["batch-pool", "send-times"];

const seenSentences = ({ advice }: Status): Sentence[] =>
  advice.map(({ code, text, setting, listener }) => ({
    text: `${text.charAt(0).toUpperCase()}${text.slice(1)}.`,
    setting,
    listener,
    isToDo: setting !== null || ALWAYS_TO_DO.includes(code),
  }));

/** What the collector says of itself, what somebody should do first and most urgent first. */
export const adviceOf = (status: Status): Sentence[] => {
  const { database } = status;
  const seen = seenSentences(status);
  return [
    ...(database.state === "OK"
      ? []
      : [
          toDo(
            `The database is ${database.state}: ${database.reason ?? "its last commit failed"}. What arrives waits in memory, then is shed.`,
          ),
        ]),
    ...listenerSentences(status),
    ...seen.filter(({ isToDo }) => isToDo),
    ...bufferSentences(status),
    ...queueSentences(status),
    ...seen.filter(({ isToDo }) => !isToDo),
  ];
};
