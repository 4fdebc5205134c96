import { setTimeout as sleep } from "node:timers/promises";
import { ApiAnswerError, type ApiClient } from "../../common/api-client.ts";
import { systemClock } from "../../common/clock.ts";
import { messageOf } from "../../common/errors.ts";
import { EventStreamParser, type StreamEvent } from "./event-stream.ts";

/** The feed says something every 15 s: a connection silent for so long is dead. */
const SILENCE_MS = 45_000;

export interface LiveConnection {
  signal: AbortSignal;
  /** between two tries */
  retryMs: number;
  /** a connection that says nothing for so long is dead */
  silenceMs?: number;
  /** the connection is gone; it is tried again until it stands */
  onLost(reason: string): void;
  /** it stands again. @param heardAtUs - wall time when something came last by the one before: that it is gone may be found later */
  onAgain(heardAtUs: number): void;
}

/**
 * The live feed, piece by piece, until `signal`: a broken connection is made again and goes on after the last event. The first piece comes, empty
 * or not, as soon as the feed has begun: from then on what happens is told.
 * @param path - of the feed, with its query
 * @throws LacunaError when the first connection fails, or when the API refuses what is asked for
 */
export async function* liveEvents(
  client: ApiClient,
  path: string,
  { signal, retryMs, silenceMs = SILENCE_MS, onLost, onAgain }: LiveConnection,
): AsyncGenerator<StreamEvent[]> {
  let lastEventId: string | null = null;
  let heardAtUs = 0;
  let isLost = false;
  let hasStood = false;
  while (!signal.aborted) {
    const parser = new EventStreamParser(lastEventId);
    let reason = "it ended";
    try {
      for await (const text of connect(client, path, lastEventId, signal, silenceMs)) {
        const isFirst = !hasStood;
        hasStood = true;
        if (isLost) onAgain(heardAtUs);
        isLost = false;
        heardAtUs = systemClock.wallUs();
        const events = parser.feed(text);
        lastEventId = parser.lastEventId;
        if (events.length > 0 || isFirst) yield events;
      }
    } catch (error) {
      if (signal.aborted) return;
      if (!hasStood || isRefusal(error)) throw error;
      reason = messageOf(error);
    }
    if (signal.aborted) return;
    if (!isLost) onLost(reason);
    isLost = true;
    await sleep(retryMs, undefined, { signal }).catch(() => {});
  }
}

/** Another try would be refused as well. */
const isRefusal = (error: unknown): boolean =>
  error instanceof ApiAnswerError && error.status < 500 && error.status !== 429;

async function* connect(
  client: ApiClient,
  path: string,
  lastEventId: string | null,
  signal: AbortSignal,
  silenceMs: number,
): AsyncGenerator<string> {
  const silent = new AbortController();
  const watch = (): NodeJS.Timeout =>
    setTimeout(() => silent.abort(new Error(`nothing for ${silenceMs / 1000} s`)), silenceMs);
  let timer = watch();
  try {
    const headers = lastEventId === null ? {} : { "last-event-id": lastEventId };
    const request = { headers, signal: AbortSignal.any([signal, silent.signal]) };
    // the next try is our caller's, who says that there is none for now
    const { body } = await client.open(path, "text/event-stream", request, 1);
    for await (const text of body!.pipeThrough(new TextDecoderStream())) {
      // whoever takes it has all the time there is: a paused pager is no silence of the feed
      clearTimeout(timer);
      yield text;
      timer = watch();
    }
  } finally {
    clearTimeout(timer);
  }
}
