import { useEffect, useRef, useState } from "preact/hooks";
import { noteAnswer, noteNoAnswer, noteRefusal } from "./connection.ts";
import { ApiFailure, fetchJson } from "./fetch-json.ts";
import { followNews, isLive } from "./live.ts";

export interface Polled<T> {
  /** the newest answer; of the path before until the new path has answered */
  data: T | undefined;
  /** path that `data` answers */
  path: string | null;
  /** why the newest request failed; the collector's silence is the connection's matter */
  failure: ApiFailure | undefined;
}

const NOTHING: Polled<never> = { data: undefined, path: null, failure: undefined };

/** while the collector does not answer */
const RETRY_MS = 1000;
/** without news: what depends on the time alone grows old all the same */
const WITHOUT_NEWS_MS = 5000;

/** Too many questions, or a collector in trouble: the question is right. What is wrong with a question is the matter of whoever asks it. */
const isRefusal = (status: number): boolean => status === 429 || status >= 500;

/** @param path - below `api/v1`; null = ask nothing */
export const usePoll = <T>(path: string | null, everyMs: number): Polled<T> =>
  usePollOf(path, () => path!, everyMs);

/**
 * Keeps an answer up to date. While the live stream is open it asks when there are news, `everyMs` after the answer before at the
 * soonest; without the stream it asks every `everyMs`. It asks at once when the key changes or the page is looked at again, and not at all
 * while the page is hidden.
 * @param key - what is asked for; null = ask nothing
 * @param makePath - the path below `api/v1` at the moment of asking: it may hold the time
 */
export const usePollOf = <T>(key: string | null, makePath: () => string, everyMs: number): Polled<T> => {
  const [polled, setPolled] = useState<Polled<T>>(NOTHING);
  const path = useRef(makePath);
  path.current = makePath;
  useEffect(() => {
    if (key === null) {
      setPolled(NOTHING);
      return;
    }
    const abort = new AbortController();
    let timer: ReturnType<typeof setTimeout> | undefined;
    let isAsking = false;
    let hasNews = false;
    let answeredAt = 0;
    let toldAt: number | null = null;
    const asker = {};

    const askIn = (ms: number): void => {
      clearTimeout(timer);
      if (!document.hidden) timer = setTimeout(ask, ms);
    };

    const ask = async (): Promise<void> => {
      if (isAsking) return;
      isAsking = true;
      hasNews = false;
      clearTimeout(timer);
      let didAnswer = true;
      try {
        const asked = path.current();
        const data = await fetchJson<T>(asked, abort.signal);
        noteAnswer();
        noteRefusal(asker, null);
        toldAt = Date.now();
        setPolled({ data, path: asked, failure: undefined });
      } catch (error) {
        if (abort.signal.aborted) return;
        const failure = error instanceof ApiFailure ? error : new ApiFailure(0, String(error));
        didAnswer = failure.status !== 0;
        if (didAnswer) noteAnswer();
        else noteNoAnswer();
        if (isRefusal(failure.status)) noteRefusal(asker, { reason: failure.message, shownFrom: toldAt });
        setPolled((before) => ({ ...before, failure }));
      }
      isAsking = false;
      answeredAt = Date.now();
      if (!didAnswer) askIn(RETRY_MS);
      else if (hasNews || !isLive()) askIn(everyMs);
      else askIn(Math.max(everyMs, WITHOUT_NEWS_MS));
    };

    const onNews = (): void => {
      hasNews = true;
      if (!isAsking) askIn(Math.max(0, answeredAt + everyMs - Date.now()));
    };
    const onVisible = (): void => {
      if (!document.hidden) void ask();
    };
    const stopFollowing = followNews(onNews);
    document.addEventListener("visibilitychange", onVisible);
    void ask();
    return () => {
      stopFollowing();
      document.removeEventListener("visibilitychange", onVisible);
      clearTimeout(timer);
      abort.abort();
      noteRefusal(asker, null);
    };
  }, [key, everyMs]);
  return polled;
};
