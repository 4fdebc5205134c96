import { noteAnswer, noteNoAnswer, noteRefusal } from "./connection.ts";
import { ApiFailure, fetchJson } from "./fetch-json.ts";
import { followNews, isLive } from "./live.ts";

/** while the collector does not answer */
const RETRY_MS = 1000;
/** without news: what depends on the time alone grows old all the same */
const WITHOUT_NEWS_MS = 5000;

/** Too many questions, or a collector in trouble: the question is right. What is wrong with a question is the matter of whoever asks it. */
const isRefusal = (status: number): boolean => status === 429 || status >= 500;

/** What is asked, and who is told. */
export interface Question<T> {
  /** the path below `api/v1` at the moment of asking: it may hold the time */
  path(): string;
  everyMs: number;
  onAnswer(data: T, path: string): void;
  onFailure(failure: ApiFailure): void;
}

/**
 * Asks one question again and again, from now on until `stop`. While the live stream is open it asks when there are news, `everyMs` after the
 * answer before at the soonest; without the stream every `everyMs`; at once when the page is looked at again, and not at all while it is hidden.
 */
export class Poller<T> {
  readonly #question: Question<T>;
  readonly #abort = new AbortController();
  readonly #stopFollowing: () => void;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #isAsking = false;
  /** there were some since it asked last */
  #hasNews = false;
  /** not of the wall clock: one that is set back would put off the next question for as long */
  #askedUntilMs = Number.NEGATIVE_INFINITY;
  /** asked for last; null = nothing yet */
  #path: string | null = null;
  /** when the answer that is shown came; null = there is none yet */
  #shownFromMs: number | null = null;

  constructor(question: Question<T>) {
    this.#question = question;
    this.#stopFollowing = followNews(this.#onNews);
    document.addEventListener("visibilitychange", this.#onVisible);
    void this.#ask();
  }

  /** Nobody is told anything from now on. */
  stop(): void {
    this.#stopFollowing();
    document.removeEventListener("visibilitychange", this.#onVisible);
    clearTimeout(this.#timer);
    this.#abort.abort();
    noteRefusal(this, null);
  }

  async #ask(): Promise<void> {
    if (this.#isAsking) return;
    this.#isAsking = true;
    this.#hasNews = false;
    clearTimeout(this.#timer);
    const didAnswer = await this.#askOnce();
    if (this.#abort.signal.aborted) return;
    this.#isAsking = false;
    this.#askedUntilMs = performance.now();
    const { everyMs } = this.#question;
    if (!didAnswer) this.#askIn(RETRY_MS);
    else if (this.#hasNews || !isLive()) this.#askIn(everyMs);
    else this.#askIn(Math.max(everyMs, WITHOUT_NEWS_MS));
  }

  /** @returns whether the collector answered, be it with a failure */
  async #askOnce(): Promise<boolean> {
    const { signal } = this.#abort;
    try {
      const path = this.#question.path();
      // one that holds the time is not asked for again: kept, its answers would fill the browser's cache by gigabytes a day
      const cache = path === this.#path ? "no-cache" : "no-store";
      this.#path = path;
      const data = await fetchJson<T>(path, signal, cache);
      if (signal.aborted) return true;
      noteAnswer();
      noteRefusal(this, null);
      this.#shownFromMs = Date.now();
      this.#question.onAnswer(data, path);
      return true;
    } catch (error) {
      if (signal.aborted) return false;
      const failure = error instanceof ApiFailure ? error : new ApiFailure(0, String(error));
      const didAnswer = failure.status !== 0;
      if (didAnswer) noteAnswer();
      else noteNoAnswer();
      if (isRefusal(failure.status))
        noteRefusal(this, { reason: failure.message, shownFrom: this.#shownFromMs });
      this.#question.onFailure(failure);
      return didAnswer;
    }
  }

  #askIn(ms: number): void {
    clearTimeout(this.#timer);
    if (!document.hidden) this.#timer = setTimeout(() => void this.#ask(), ms);
  }

  readonly #onNews = (): void => {
    this.#hasNews = true;
    if (!this.#isAsking)
      this.#askIn(Math.max(0, this.#askedUntilMs + this.#question.everyMs - performance.now()));
  };

  readonly #onVisible = (): void => {
    if (!document.hidden) void this.#ask();
  };
}
