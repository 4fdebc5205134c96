import type { ListenerStatus as ApiListener, CollectorStatus as ApiStatus } from "../api/sources.ts";
import type { CollectorStatus } from "../collector/collector.ts";
import type { ListenerStatus } from "../collector/ingest-service.ts";

const listenerOf = ({ counters, reason, ...listener }: ListenerStatus): ApiListener => ({
  ...listener,
  reason: reason === "" ? null : reason,
  counters,
});

/** The collector's account of itself in the API's words. */
export const collectorStatusForApi = (status: CollectorStatus): ApiStatus => ({
  listeners: status.listeners.map(listenerOf),
  threads: [{ name: "ingest", state: "running", utilization: status.eventLoopUtilization }],
  queues: [
    {
      name: "batches",
      length: status.sizes.batchesInUse,
      capacity: status.sizes.batchCapacity,
      refused: status.listeners.reduce((shed, { counters }) => shed + counters.shed, 0),
    },
  ],
});
