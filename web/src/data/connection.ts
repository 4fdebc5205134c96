import { useEffect, useState } from "preact/hooks";

/** What is known of the way to the collector. */
export interface Connection {
  /** when it answered last, of the browser's clock in milliseconds; null = not yet */
  answeredAt: number | null;
  /** since when it does not; null = it does */
  lostSince: number | null;
  /** it answers, and will not or cannot tell what was asked for; null = it tells everything */
  refusal: Refusal | null;
}

export interface Refusal {
  reason: string;
  /** the oldest answer that is shown instead, milliseconds; null = there is none */
  shownFrom: number | null;
}

let connection: Connection = { answeredAt: null, lostSince: null, refusal: null };
/** by who asked in vain */
const refusals = new Map<object, Refusal>();
const listeners = new Set<(connection: Connection) => void>();

const change = (next: Connection): void => {
  connection = next;
  for (const listener of listeners) listener(next);
};

/** Any answer, also one that says no, shows that the collector is there. */
export const noteAnswer = (): void => change({ ...connection, answeredAt: Date.now(), lostSince: null });

export const noteNoAnswer = (): void =>
  change({ ...connection, lostSince: connection.lostSince ?? connection.answeredAt ?? Date.now() });

const oldestOf = (all: readonly Refusal[]): Refusal | null =>
  all.toSorted((a, b) => (a.shownFrom ?? Infinity) - (b.shownFrom ?? Infinity))[0] ?? null;

/** @param asker - of one kind of question @param refusal - null: it was answered, or is asked no more */
export const noteRefusal = (asker: object, refusal: Refusal | null): void => {
  if (refusal === null && !refusals.has(asker)) return;
  if (refusal === null) refusals.delete(asker);
  else refusals.set(asker, refusal);
  change({ ...connection, refusal: oldestOf(Array.from(refusals.values())) });
};

/** What a component needs of it: it is drawn again only when that changes, and an answer comes several times a second. */
const useOfConnection = <T>(pick: (connection: Connection) => T): T => {
  const [seen, setSeen] = useState(() => pick(connection));
  useEffect(() => {
    const listen = (now: Connection): void => setSeen(() => pick(now));
    listeners.add(listen);
    listen(connection);
    return () => {
      listeners.delete(listen);
    };
  }, [pick]);
  return seen;
};

const whole = (now: Connection): Connection => now;
const lostSinceOf = ({ lostSince }: Connection): number | null => lostSince;

export const useConnection = (): Connection => useOfConnection(whole);
export const useLostSince = (): number | null => useOfConnection(lostSinceOf);
