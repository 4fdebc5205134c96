import { useEffect, useRef, useState } from "preact/hooks";
import { noteAnswer, noteNoAnswer } from "./connection.ts";
import { ApiFailure, fetchJson } from "./fetch-json.ts";

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

/** @param path - below `api/v1`; null = ask nothing */
export const usePoll = <T>(path: string | null, everyMs: number): Polled<T> =>
  usePollOf(path, () => path!, everyMs);

/**
 * Keeps an answer up to date: asks again `everyMs` after each answer, at once when the path changes or the page is looked at again, not
 * while it is hidden.
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

    const ask = async (): Promise<void> => {
      if (isAsking) return;
      isAsking = true;
      clearTimeout(timer);
      let nextMs = everyMs;
      try {
        const asked = path.current();
        const data = await fetchJson<T>(asked, abort.signal);
        noteAnswer();
        setPolled({ data, path: asked, failure: undefined });
      } catch (error) {
        if (abort.signal.aborted) return;
        const failure = error instanceof ApiFailure ? error : new ApiFailure(0, String(error));
        if (failure.status === 0) noteNoAnswer();
        else noteAnswer();
        nextMs = Math.max(RETRY_MS, everyMs);
        setPolled((before) => ({ ...before, failure }));
      }
      isAsking = false;
      if (!document.hidden) timer = setTimeout(ask, nextMs);
    };

    const onVisible = (): void => {
      if (!document.hidden) void ask();
    };
    document.addEventListener("visibilitychange", onVisible);
    void ask();
    return () => {
      document.removeEventListener("visibilitychange", onVisible);
      clearTimeout(timer);
      abort.abort();
    };
  }, [key, everyMs]);
  return polled;
};
