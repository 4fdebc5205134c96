import type { CollectorStatus, StoreStatus } from "../part-status.ts";
import { type Finding, mostUrgentFirst } from "./finding.ts";
import { machineryFindings, storeFindings } from "./machinery.ts";
import { openingFindings } from "./opening.ts";
import { trafficFindings } from "./traffic.ts";

/** All there is evidence for, most urgent first. Computed from counters that are there anyway: nothing is probed. */
export const findingsOf = (collector: CollectorStatus, store: StoreStatus): Finding[] =>
  mostUrgentFirst([
    ...storeFindings(store),
    ...collector.listeners.flatMap((listener) => [
      ...openingFindings(listener, collector.host),
      ...trafficFindings(listener),
    ]),
    ...machineryFindings(collector, store),
  ]);
