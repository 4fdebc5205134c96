import type { EventItem } from "../data/types.ts";
import { listenerReason } from "../format/listener-words.ts";
import { count, plural } from "../format/numbers.ts";
import { duration, fullTime, parseMs } from "../format/times.ts";

/** A number of things, for people. */
const amount = (detail: EventItem["detail"], name: string): string => count(Number(detail[name]));
const word = (detail: EventItem["detail"], name: string): string => String(detail[name] ?? "–");
/** Listeners whose URL names no path are one, too. */
const pathOf = ({ path }: EventItem["detail"]): string =>
  path === null ? "the path without a name" : `path ${String(path)}`;

const SENTENCES: Record<string, (detail: EventItem["detail"]) => string> = {
  restart: (detail) => `restarted: epoch ${word(detail, "from")} → ${word(detail, "to")}`,
  "epoch-went-back": (detail) => `its epoch went back: ${word(detail, "from")} → ${word(detail, "to")}`,
  "epoch-reused": (detail) => `began its numbers anew in epoch ${word(detail, "epoch")}`,
  "id-conflict": () => "two live senders use this id",
  "run-split": (detail) => `went on with other numbers, run ${word(detail, "run")}`,
  "source-changed": (detail) => `now from ${word(detail, "to")}, before from ${word(detail, "from")}`,
  // a new one, too, is silent between its first numbers, and nobody had missed it
  online: ({ from, silenceSeconds, intervalSeconds }) => {
    if (from !== "unknown") return `is heard again after ${duration(Number(silenceSeconds))}`;
    return Number(intervalSeconds) > 0 ? `is heard every ${duration(Number(intervalSeconds))}` : "is heard";
  },
  stale: (detail) => `silent for ${duration(Number(detail.silenceSeconds))}`,
  offline: (detail) => `silent for ${duration(Number(detail.silenceSeconds))}: offline`,
  "status-changes": (detail) =>
    `many more changed at once: ${amount(detail, "online")} online, ${amount(detail, "stale")} stale, ${amount(detail, "offline")} offline`,
  sleep: ({ until }) => `announced that it sleeps until ${fullTime(parseMs(String(until)))}`,
  end: () => "announced its end",
  "listener-state": (detail) => {
    const listener = word(detail, "listener");
    const why = detail.reason ? `: ${listenerReason(listener, word(detail, "reason"))}` : "";
    return `${listener} is ${word(detail, "state")}${why}`;
  },
  "group-silent": (detail) => `${word(detail, "listener")} fell silent`,
  "group-heard": (detail) => `${word(detail, "listener")} is heard again`,
  "path-down": (detail) =>
    `${pathOf(detail)} is dead: ${plural(Number(detail.owed), "number")} came by others only`,
  "path-up": (detail) => `${pathOf(detail)} is back`,
  "collector-started": () => "the collector started",
  "collector-stopped": () => "the collector stopped",
  "collector-down": ({ from, to }) =>
    from === null
      ? "the collector was down; nothing had been heard before"
      : `the collector was down for ${duration((parseMs(String(to)) - parseMs(String(from))) / 1000)}`,
};

/** An event for people; one of a kind not known here is named as the API names it. */
export const eventSentence = ({ kind, detail }: EventItem): string =>
  detail.damaged === true
    ? `${kind} (the rest is damaged in the database)`
    : (SENTENCES[kind]?.(detail) ?? kind);
