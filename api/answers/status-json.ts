import type { Static } from "typebox";
import { quantileOf } from "../../common/log-histogram.ts";
import { formatTime } from "../../protocol/time.ts";
import type { ApiContext } from "../context.ts";
import { findingsOf } from "../findings/findings.ts";
import type { CollectorStatus, ListenerStatus, PathStatus, StoreStatus } from "../part-status.ts";
import type { Path } from "../schemas/paths.ts";
import type { Listener, Status } from "../schemas/status.ts";

const listenerJson = (listener: ListenerStatus, membershipLimit: number | null): Static<typeof Listener> => {
  const {
    sinceUs,
    lastDatagramAtUs,
    lastRejected,
    receiveBufferRequestedBytes,
    receiveBufferGrantedBytes,
    receiveBufferCeilingBytes,
    receiveQueueBytes,
    receiveQueuePeakBytes,
    receiveQueuePeakMs,
    ...same
  } = listener;
  return {
    ...same,
    ownSockets: [...same.ownSockets],
    since: formatTime(sinceUs),
    lastDatagramAt: lastDatagramAtUs === null ? null : formatTime(lastDatagramAtUs),
    lastRejected: lastRejected === null ? null : lastRejectedJson(lastRejected),
    memberships: same.group === null ? null : { used: same.state === "OK" ? 1 : 0, limit: membershipLimit },
    receiveBuffer: {
      requestedBytes: receiveBufferRequestedBytes,
      grantedBytes: receiveBufferGrantedBytes,
      ceilingBytes: receiveBufferCeilingBytes,
      queuedBytes: receiveQueueBytes,
      peakBytes: receiveQueuePeakBytes,
      peakSeconds: Math.round(receiveQueuePeakMs * 1000) / 1e6,
    },
  };
};

const lastRejectedJson = ({ atUs, source, reason }: NonNullable<ListenerStatus["lastRejected"]>) => ({
  at: formatTime(atUs),
  source,
  reason,
});

const pathJson = (status: PathStatus): Static<typeof Path> => {
  const { sinceUs, skewMedianUs, skewP99Us, listeners, ...same } = status;
  const absent = same.expected - same.received;
  const seconds = (us: number | null): number | null => (us === null ? null : us / 1e6);
  return {
    ...same,
    listeners: [...listeners],
    since: formatTime(sinceUs),
    absent,
    loss: same.expected === 0 ? null : absent / same.expected,
    skew: { medianSeconds: seconds(skewMedianUs), p99Seconds: seconds(skewP99Us) },
  };
};

const databaseJson = (store: StoreStatus): Static<typeof Status>["database"] => {
  const { sinceUs, lastCommitUs, ...same } = store;
  return {
    ...same,
    since: formatTime(sinceUs),
    lastCommit: lastCommitUs === null ? null : formatTime(lastCommitUs),
    writeAmplification:
      store.writtenBytes === null || store.flushedBytes === 0
        ? null
        : store.writtenBytes / store.flushedBytes,
  };
};

const reorderingJson = ({
  windowMs,
  delays,
}: CollectorStatus["reordering"]): Static<typeof Status>["reordering"] => {
  const within = (share: number): number => Math.round(quantileOf(delays, share)) / 1e6;
  return {
    windowSeconds: windowMs / 1000,
    count: delays.reduce((sum, count) => sum + count, 0),
    delaySeconds: { p50: within(0.5), p99: within(0.99), p999: within(0.999), max: within(1) },
  };
};

/** `GET /status` */
export const statusJson = ({
  sources,
  clock,
  version,
  startedAtUs,
  startedAtMs,
}: ApiContext): Static<typeof Status> => {
  const collector = sources.collectorStatus();
  const store = sources.storeStatus();
  const { listeners, paths, threads, queues, host } = collector;
  return {
    version,
    now: formatTime(clock.wallUs()),
    startedAt: formatTime(startedAtUs),
    uptimeSeconds: Math.max(0, Math.round((clock.monotonicMs() - startedAtMs) * 1000) / 1e6),
    devices: sources.ledger.deviceCount,
    listeners: listeners.map((listener) => listenerJson(listener, host.membershipLimit)),
    paths: paths.map(pathJson),
    threads: [...threads],
    queues: [...queues],
    reordering: reorderingJson(collector.reordering),
    findings: findingsOf(collector, store),
    database: databaseJson(store),
  };
};
