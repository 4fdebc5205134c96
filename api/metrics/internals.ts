import { quantileOf } from "../../common/log-histogram.ts";
import type { QueueStatus } from "../part-status.ts";
import type { Sources } from "../sources.ts";
import { byKey, type MetricSpec, single } from "./catalogue.ts";

const perQueue =
  (read: (queue: QueueStatus) => number) =>
  (sources: Sources): Record<string, number> =>
    Object.fromEntries(sources.collectorStatus().queues.map((queue) => [queue.name, read(queue)]));

const utilizations = (sources: Sources): Record<string, number> => {
  const known: Record<string, number> = {};
  for (const { name, utilization } of sources.collectorStatus().threads) {
    if (utilization !== null) known[name] = utilization;
  }
  return known;
};

/** Quantiles of the time numbers out of order came after their gap was opened, seconds; none of none. */
const reorderDelays = (sources: Sources): Record<string, number> => {
  const { delays } = sources.collectorStatus().reordering;
  if (delays.every((count) => count === 0)) return {};
  return Object.fromEntries(
    [0.5, 0.99, 0.999, 1].map((share) => [String(share), quantileOf(delays, share) / 1e6]),
  );
};

/** Threads, queues and the database, since the start of the process. */
export const INTERNAL_METRICS: readonly MetricSpec[] = [
  byKey(
    "gauge",
    "lacuna_thread_running",
    "thread",
    "1 while the thread runs; 0 also when it has said nothing for ten seconds.",
    (s) =>
      Object.fromEntries(
        s.collectorStatus().threads.map(({ name, state }) => [name, Number(state === "running")]),
      ),
  ),
  byKey(
    "gauge",
    "lacuna_thread_utilization_ratio",
    "thread",
    "Share of a processor the thread used in the last half second, 0 to 1.",
    utilizations,
  ),
  byKey(
    "gauge",
    "lacuna_reorder_delay_seconds",
    // "quantile" is a label of summaries alone
    "share",
    "How long after their gap was opened numbers out of order came since the start, what had been asked for left out: this share of them was not later; at most 9 % too long.",
    reorderDelays,
  ),
  byKey(
    "gauge",
    "lacuna_queue_length",
    "queue",
    "What waits in the queue.",
    perQueue((queue) => queue.length),
  ),
  byKey(
    "gauge",
    "lacuna_queue_capacity",
    "queue",
    "Bound of the queue.",
    perQueue((queue) => queue.capacity),
  ),
  byKey(
    "counter",
    "lacuna_queue_refused_total",
    "queue",
    "What the bound refused.",
    perQueue((queue) => queue.refused),
  ),
  single("gauge", "lacuna_store_up", "1 while the database is open and commits.", (s) =>
    Number(s.storeStatus().state === "OK"),
  ),
  single("gauge", "lacuna_store_size_bytes", "Size of the database file.", (s) => s.storeStatus().sizeBytes),
  single("gauge", "lacuna_store_wal_bytes", "Size of its write-ahead log.", (s) => s.storeStatus().walBytes),
  single("counter", "lacuna_store_commits_total", "Transactions committed.", (s) => s.storeStatus().commits),
  single(
    "counter",
    "lacuna_store_commit_failures_total",
    "Transactions that failed and were retried.",
    (s) => s.storeStatus().commitFailures,
  ),
  single(
    "counter",
    "lacuna_store_commit_seconds_total",
    "Time spent in transactions.",
    (s) => s.storeStatus().commitSeconds,
  ),
  single(
    "gauge",
    "lacuna_store_pending_batches",
    "Batches accepted and not yet committed.",
    (s) => s.storeStatus().pendingBatches,
  ),
  single(
    "counter",
    "lacuna_store_flushed_bytes_total",
    "Bytes flushes have put into segments.",
    (s) => s.storeStatus().flushedBytes,
  ),
  single(
    "counter",
    "lacuna_store_written_bytes_total",
    "Bytes written to the database and its log, merges and checkpoints included; absent where the system does not tell.",
    (s) => s.storeStatus().writtenBytes,
  ),
  single("counter", "lacuna_store_merges_total", "Merges of segments.", (s) => s.storeStatus().merges),
  single(
    "gauge",
    "lacuna_store_segments",
    "Segments of readings, merged or not.",
    (s) => s.storeStatus().segments,
  ),
  single(
    "gauge",
    "lacuna_store_unmerged_segments",
    "Segments that may still be merged.",
    (s) => s.storeStatus().unmergedSegments,
  ),
  single(
    "gauge",
    "lacuna_store_unmerged_readings",
    "Readings in them: the merge debt.",
    (s) => s.storeStatus().unmergedReadings,
  ),
  single(
    "counter",
    "lacuna_store_left_out_names_total",
    "Descriptions of channels that were not kept, there being no room.",
    (s) => s.storeStatus().leftOutNames,
  ),
];
