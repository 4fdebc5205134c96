import type { ListenerStatus } from "./part-status.ts";
import type { Sources } from "./sources.ts";

const isUnwell = ({ state, optional }: ListenerStatus): boolean =>
  !optional && state !== "OK" && state !== "DISABLED";

/**
 * Why the collector is not ready; empty when it is: the database is open and commits, and every listener that is neither optional nor
 * switched off by the operator is bound and joined.
 */
export const reasonsNotReady = (sources: Sources): string[] => {
  const reasons: string[] = [];
  const store = sources.storeStatus();
  if (store.state !== "OK") {
    reasons.push(`database ${store.path} is ${store.state}: ${store.reason ?? "no reason known"}`);
  }
  for (const listener of sources.collectorStatus().listeners.filter(isUnwell)) {
    reasons.push(`listener ${listener.url} is ${listener.state}: ${listener.reason ?? "no reason known"}`);
  }
  return reasons;
};
