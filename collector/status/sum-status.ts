import { sumFleets } from "../../protocol/fleet-counters.ts";
import type { ListenerSocketStatus } from "../listener/listener-status.ts";
import { addPathCounts } from "../paths/path-board.ts";
import type { ListenerCounts } from "./counters.ts";
import type { IngestStatus, ListenerStatus } from "./ingest-status.ts";

/** One status of a listener that is heard by several sockets; all but what can be added up, and what waits in them, is that of the first, its own. */
export const sumSockets = <Status extends ListenerSocketStatus>(
  sockets: readonly [Status, ...Status[]],
): Status => {
  // each socket has a buffer of its own, and the kernel spreads datagrams over them: the fullest one tells what room there is
  const { receiveQueuePeakBytes, receiveQueuePeakMs } = sockets.reduce((fullest, socket) =>
    socket.receiveQueuePeakBytes > fullest.receiveQueuePeakBytes ? socket : fullest,
  );
  return {
    ...sockets[0],
    // each worker may have one for the same address
    ownSockets: [...new Set(sockets.flatMap(({ ownSockets }) => ownSockets))],
    kernelDrops: sumKnown(sockets.map(({ kernelDrops }) => kernelDrops)),
    receiveQueueBytes: mostKnown(sockets.map(({ receiveQueueBytes }) => receiveQueueBytes)),
    receiveQueuePeakBytes,
    receiveQueuePeakMs,
  };
};

/**
 * The account of all ingest workers together.
 * @param statuses - one of each worker, in their order
 * @param homes - of each listener: the worker that opens it
 */
export const sumStatuses = (statuses: readonly IngestStatus[], homes: readonly number[]): IngestStatus => ({
  atUs: Math.min(...statuses.map(({ atUs }) => atUs)),
  atMs: Math.min(...statuses.map(({ atMs }) => atMs)),
  paths: statuses[0]!.paths.map((_, path) => statuses.map(({ paths }) => paths[path]!).reduce(addPathCounts)),
  listeners: homes.map((home, index) => {
    const everywhere = statuses.map(({ listeners }) => listeners[index]!);
    const others = everywhere.filter((_, worker) => worker !== home);
    const own: ListenerStatus = everywhere[home]!;
    return {
      ...sumSockets([own, ...others]),
      counters: everywhere.map(({ counters }) => counters).reduce(addCounts),
    };
  }),
  sizes: statuses.map(({ sizes }) => sizes).reduce((sum, sizes) => addFields(sum, sizes)),
  reorderDelays: statuses
    .map(({ reorderDelays }) => reorderDelays)
    .reduce((sum, delays) => sum.map((count, bucket) => count + delays[bucket]!)),
  fleet: sumFleets(statuses.map(({ fleet }) => fleet)),
});

const sumKnown = (values: readonly (number | null)[]): number | null => {
  const known = values.filter((value) => value !== null);
  return known.length === 0 ? null : known.reduce((sum, value) => sum + value, 0);
};

const mostKnown = (values: readonly (number | null)[]): number | null => {
  const known = values.filter((value) => value !== null);
  return known.length === 0 ? null : Math.max(...known);
};

const addCounts = (one: ListenerCounts, other: ListenerCounts): ListenerCounts => ({
  ...addFields(one, other),
  ...sumFleets([one, other]),
  lastDatagramAtUs: Math.max(one.lastDatagramAtUs, other.lastDatagramAtUs),
  lastRejected:
    (one.lastRejected?.atUs ?? 0) >= (other.lastRejected?.atUs ?? 0) ? one.lastRejected : other.lastRejected,
});

/** Every field that is a number in both, added; the others are the first one's. */
const addFields = <Fields extends object>(one: Fields, other: Fields): Fields => {
  const sum = { ...one } as Record<string, unknown>;
  for (const [name, value] of Object.entries(other)) {
    const before = sum[name];
    if (typeof value === "number" && typeof before === "number") sum[name] = before + value;
  }
  return sum as Fields;
};
