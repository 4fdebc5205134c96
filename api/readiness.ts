import { stalledReadersText } from "./findings/machinery.ts";
import type { ListenerStatus, ThreadStatus } from "./part-status.ts";
import type { Sources } from "./sources.ts";

const isUnwell = ({ state, optional }: ListenerStatus): boolean =>
  !optional && state !== "OK" && state !== "DISABLED";

/** What its listeners last said, before it ended, is that they were OK. */
const isGone = ({ state }: ThreadStatus): boolean => state !== "running";

/**
 * Why the collector is not ready; empty when it is: the database is open, commits and is read, every thread that receives runs, and every listener
 * that is neither optional nor switched off by the operator is bound and joined.
 */
export const reasonsNotReady = (sources: Sources): string[] => {
  const reasons: string[] = [];
  const store = sources.storeStatus();
  if (store.state !== "OK") {
    reasons.push(`database ${store.path} is ${store.state}: ${store.reason ?? "no reason known"}`);
  }
  if (store.stalledReaders > 0) reasons.push(stalledReadersText(store.stalledReaders));
  const { threads, listeners } = sources.collectorStatus();
  for (const { name, state } of threads.filter(isGone)) reasons.push(`thread ${name} has ${state}`);
  for (const listener of listeners.filter(isUnwell)) {
    reasons.push(`listener ${listener.url} is ${listener.state}: ${listener.reason ?? "no reason known"}`);
  }
  return reasons;
};
