import { expect, test } from "vitest";
import { countsOf, ListenerCounters } from "../../../collector/status/counters.ts";
import type { IngestStatus, ListenerStatus } from "../../../collector/status/ingest-status.ts";
import { sumStatuses } from "../../../collector/status/sum-status.ts";

const listenerOf = (
  socket: Partial<ListenerStatus>,
  fill: (counters: ListenerCounters) => void,
): ListenerStatus => {
  const counters = new ListenerCounters();
  fill(counters);
  return {
    ownSockets: [],
    kernelDrops: null,
    receiveQueueBytes: null,
    receiveQueuePeakBytes: 0,
    receiveQueuePeakMs: 0,
    ...socket,
    counters: countsOf(counters),
  } as ListenerStatus;
};

const statusOf = (atUs: number, listeners: ListenerStatus[]): IngestStatus =>
  ({
    atUs,
    atMs: 100 + atUs,
    paths: [],
    listeners,
    reorderDelays: [1, 0, 2],
    sizes: { batchesInUse: 1, batchCapacity: 4 },
    fleet: { datagrams: 5, control: 1, shed: 0, held: 0, rejected: { truncated: 2 }, refusedReadings: {} },
  }) as unknown as IngestStatus;

/** Of one listener, as all workers together tell it. */
const sumOf = (sockets: readonly Partial<ListenerStatus>[]): ListenerStatus => {
  const statuses = sockets.map((socket) => statusOf(1, [listenerOf(socket, () => undefined)]));
  return sumStatuses(statuses, [0]).listeners[0]!;
};

test("a listener's socket is that of the worker that opens it, what came by it is the sum over all", () => {
  const here = listenerOf({ state: "OK", port: 4747, kernelDrops: 3 }, (counters) => {
    counters.datagrams = 5;
    counters.received = 4;
    counters.reject(2);
    counters.lastDatagramAtUs = 900;
    counters.rejectArrival(3, { arrivalUs: 700, address: "10.0.0.1", port: 1 });
  });
  const elsewhere = listenerOf({ state: "UNAVAILABLE", port: 0, kernelDrops: 2 }, (counters) => {
    counters.datagrams = 7;
    counters.received = 6;
    counters.reject(2);
    counters.lastDatagramAtUs = 800;
    counters.rejectArrival(3, { arrivalUs: 800, address: "fd00::2", port: 2 });
  });
  const sum = sumStatuses([statusOf(20, [elsewhere]), statusOf(10, [here])], [1]);
  expect(sum.listeners[0]).toMatchObject({ state: "OK", port: 4747, kernelDrops: 5 });
  const { counters } = sum.listeners[0]!;
  expect(counters).toMatchObject({ datagrams: 12, received: 10, lastDatagramAtUs: 900 });
  expect(Object.values(counters.rejected)).toEqual([2, 2]);
  expect(counters.lastRejected).toMatchObject({ atUs: 800, source: "[fd00::2]:2" });
  expect(sum.reorderDelays).toEqual([2, 0, 4]);
  expect(sum).toMatchObject({
    atUs: 10,
    atMs: 110,
    sizes: { batchesInUse: 2, batchCapacity: 8 },
  });
  expect(sum.fleet).toMatchObject({ datagrams: 10, control: 2, rejected: { truncated: 4 } });
});

test("what waits, and waited at the peak, is told of the fullest socket, whichever worker has it: each has a buffer of its own", () => {
  const sockets = [
    { receiveQueueBytes: 300, receiveQueuePeakBytes: 0, receiveQueuePeakMs: 0 },
    { receiveQueueBytes: null, receiveQueuePeakBytes: 4096, receiveQueuePeakMs: 30 },
    { receiveQueueBytes: 400, receiveQueuePeakBytes: 512, receiveQueuePeakMs: 900 },
  ];
  expect(sumOf(sockets)).toMatchObject({
    receiveQueueBytes: 400,
    receiveQueuePeakBytes: 4096,
    receiveQueuePeakMs: 30,
  });
});

test("an address that each worker has a socket for is told once", () => {
  const sockets = [
    { ownSockets: ["10.0.0.1", "10.0.0.2"] },
    { ownSockets: ["10.0.0.1", "10.0.0.2", "10.0.0.3"] },
  ];
  expect(sumOf(sockets).ownSockets).toEqual(["10.0.0.1", "10.0.0.2", "10.0.0.3"]);
});

test("drops that no worker can read stay unknown", () => {
  const unknown = listenerOf({}, () => undefined);
  const sum = sumStatuses([statusOf(1, [unknown]), statusOf(1, [unknown])], [0]);
  expect(sum.listeners[0]!.kernelDrops).toBeNull();
});

test("what came by a path is the sum over all workers", () => {
  const path = { expected: 5, first: 3, redundant: 1, backed: 1, skewBuckets: [1, 0], skewSumUs: 7 };
  const status = { ...statusOf(1, []), paths: [path] };
  expect(sumStatuses([status, status], []).paths).toEqual([
    { expected: 10, first: 6, redundant: 2, backed: 2, skewBuckets: [2, 0], skewSumUs: 14 },
  ]);
});
