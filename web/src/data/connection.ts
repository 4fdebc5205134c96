import { useEffect, useState } from "preact/hooks";

/** What is known of the way to the collector. */
export interface Connection {
  /** when it answered last, of the browser's clock in milliseconds; null = not yet */
  answeredAt: number | null;
  /** since when it does not; null = it does */
  lostSince: number | null;
}

let connection: Connection = { answeredAt: null, lostSince: null };
const listeners = new Set<(connection: Connection) => void>();

const change = (next: Connection): void => {
  connection = next;
  for (const listener of listeners) listener(next);
};

/** Any answer, also one that says no, shows that the collector is there. */
export const noteAnswer = (): void => change({ answeredAt: Date.now(), lostSince: null });

export const noteNoAnswer = (): void =>
  change({ ...connection, lostSince: connection.lostSince ?? connection.answeredAt ?? Date.now() });

export const useConnection = (): Connection => {
  const [seen, setSeen] = useState(connection);
  useEffect(() => {
    listeners.add(setSeen);
    setSeen(connection);
    return () => {
      listeners.delete(setSeen);
    };
  }, []);
  return seen;
};
