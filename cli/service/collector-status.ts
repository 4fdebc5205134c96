import type {
  ListenerStatus as ApiListener,
  PathStatus as ApiPath,
  CollectorStatus as ApiStatus,
  HostFacts,
} from "../../api/part-status.ts";
import type { CollectorStatus } from "../../collector/collector.ts";
import type { PathStatus } from "../../collector/paths/path-board.ts";
import type { ListenerStatus } from "../../collector/status/ingest-status.ts";
import { skewQuantileUs } from "../../collector/tracker/device/skew-histogram.ts";

const listenerOf = ({ counters, reason, ...listener }: ListenerStatus): ApiListener => ({
  ...listener,
  reason: reason === "" ? null : reason,
  lastDatagramAtUs: counters.lastDatagramAtUs === 0 ? null : counters.lastDatagramAtUs,
  lastRejected: counters.lastRejected,
  counters,
});

const pathOf = ({ first, redundant, backed, skewBuckets, ...same }: PathStatus): ApiPath => ({
  path: same.path,
  listeners: same.listeners,
  state: same.state,
  sinceUs: same.sinceUs,
  expected: same.expected,
  received: first + redundant,
  redundant,
  onlyHere: first - backed,
  skewMedianUs: skewQuantileUs(skewBuckets, 0.5),
  skewP99Us: skewQuantileUs(skewBuckets, 0.99),
});

/** Blocks of datagrams on their way from one ingest worker to another. */
const handoverOf = ({ sizes }: CollectorStatus): ApiStatus["queues"] =>
  sizes.handoverCapacity === 0
    ? []
    : [
        {
          name: "handover",
          length: sizes.handoverBlocks,
          capacity: sizes.handoverCapacity,
          refused: sizes.handoverShed,
        },
      ];

/** The collector's account of itself in the API's words. @param windowMs - the reorder window it was started with */
export const collectorStatusForApi = (
  status: CollectorStatus,
  windowMs: number,
  host: HostFacts,
): ApiStatus => ({
  host,
  listeners: status.listeners.map(listenerOf),
  reordering: { windowMs, delays: status.reorderDelays },
  paths: status.paths.map(pathOf),
  threads: status.threads.map((thread, index, { length }) => ({
    name: length === 1 ? "ingest" : `ingest-${index}`,
    ...thread,
  })),
  queues: [
    {
      name: "batches",
      length: status.sizes.batchesInUse,
      capacity: status.sizes.batchCapacity,
      refused:
        status.listeners.reduce((shed, { counters }) => shed + counters.shed, 0) - status.sizes.handoverShed,
    },
    ...handoverOf(status),
  ],
});
