import { useEffect } from "preact/hooks";
import { noteAnswer, noteNoAnswer } from "./connection.ts";
import { query } from "./fetch-json.ts";
import { eventParser } from "./sse.ts";
import { authorization, noteTokenWanted, useTokenWanted } from "./token.ts";

const RETRY_MS = 1000;
/** no place for another stream: the polls do without */
const FULL_RETRY_MS = 15_000;
/** the collector sends something every 15 s */
const SILENCE_MS = 25_000;

let isOpen = false;
const followers = new Set<() => void>();

/** Whether news are told; when not, whoever wants some must ask. */
export const isLive = (): boolean => isOpen;

/** Called when something was committed, and when the stream comes back or goes. */
export const followNews = (follower: () => void): (() => void) => {
  followers.add(follower);
  return () => {
    followers.delete(follower);
  };
};

const tell = (): void => {
  for (const follower of followers) follower();
};

const change = (open: boolean): void => {
  if (isOpen === open) return;
  isOpen = open;
  tell();
};

/** @returns whether the collector gave a stream, which has ended; false: it answered and gave none */
const listen = async (path: string, signal: AbortSignal): Promise<boolean> => {
  const silence = new AbortController();
  let timer = setTimeout(() => silence.abort(), SILENCE_MS);
  try {
    const response = await fetch(`api/v1/${path}`, {
      headers: authorization(),
      signal: AbortSignal.any([signal, silence.signal]),
      cache: "no-store",
    });
    noteAnswer();
    if (response.status === 401) noteTokenWanted();
    if (!response.ok || response.body === null) {
      await response.body?.cancel();
      return false;
    }
    change(true);
    const parse = eventParser();
    const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
    for (;;) {
      const { value, done } = await reader.read();
      if (done) break;
      clearTimeout(timer);
      timer = setTimeout(() => silence.abort(), SILENCE_MS);
      noteAnswer();
      if (parse(value).length > 0) tell();
    }
    return true;
  } finally {
    clearTimeout(timer);
  }
};

const pause = (ms: number, signal: AbortSignal): Promise<void> =>
  new Promise((resolve) => {
    const end = (): void => {
      clearTimeout(timer);
      // one of each second would stay while the collector is away
      signal.removeEventListener("abort", end);
      resolve();
    };
    const timer = setTimeout(end, ms);
    signal.addEventListener("abort", end);
  });

/** Keeps one stream open, however often it breaks, until `signal`. */
const keepListening = async (path: string, signal: AbortSignal): Promise<void> => {
  while (!signal.aborted) {
    try {
      if (!(await listen(path, signal))) {
        await pause(FULL_RETRY_MS, signal);
        continue;
      }
    } catch {
      // broken, silent or refused: all the same, tried again
    }
    if (signal.aborted) break;
    change(false);
    noteNoAnswer();
    await pause(RETRY_MS, signal);
  }
  change(false);
};

/** The one stream of the page: of the fleet, or of the device that is looked at; none while the page is hidden or has no valid token. */
export const useLiveStream = (device: string): void => {
  const isTokenWanted = useTokenWanted();
  useEffect(() => {
    if (isTokenWanted) return;
    let abort: AbortController | undefined;
    const path = `live${query({ event: device === "" ? ["ledger", "gap"] : ["reading", "ledger", "gap"], device: device === "" ? null : device })}`;
    const follow = (): void => {
      if (document.hidden) abort?.abort();
      else if (abort === undefined || abort.signal.aborted) {
        abort = new AbortController();
        void keepListening(path, abort.signal);
      }
    };
    document.addEventListener("visibilitychange", follow);
    follow();
    return () => {
      document.removeEventListener("visibilitychange", follow);
      abort?.abort();
    };
  }, [device, isTokenWanted]);
};
