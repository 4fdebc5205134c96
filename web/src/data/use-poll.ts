import { useEffect, useRef, useState } from "preact/hooks";
import type { ApiFailure } from "./fetch-json.ts";
import { Poller } from "./poller.ts";

export interface Polled<T> {
  /** the newest answer; of the path before until the new path has answered */
  data: T | undefined;
  /** path that `data` answers */
  path: string | null;
  /** what was asked for then */
  key: string | null;
  /** why the newest request failed; the collector's silence is the connection's matter */
  failure: ApiFailure | undefined;
}

const NOTHING: Polled<never> = { data: undefined, path: null, key: null, failure: undefined };

/** @param path - below `api/v1`; null = ask nothing */
export const usePoll = <T>(path: string | null, everyMs: number): Polled<T> =>
  usePollOf(path, () => path!, everyMs);

/**
 * Keeps an answer up to date, as `Poller` does.
 * @param key - what is asked for: at once when it changes; null = ask nothing
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
    const poller = new Poller<T>({
      path: () => path.current(),
      everyMs,
      onAnswer: (data, asked) => setPolled({ data, path: asked, key, failure: undefined }),
      onFailure: (failure) => setPolled((before) => ({ ...before, failure })),
    });
    return () => poller.stop();
  }, [key, everyMs]);
  return polled;
};
