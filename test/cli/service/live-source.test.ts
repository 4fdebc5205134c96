import { EventEmitter } from "node:events";
import { expect, test } from "vitest";
import type { LiveCommit } from "../../../api/sources.ts";
import { StoreLiveSource } from "../../../cli/service/live-source.ts";
import type { Store } from "../../../db/store.ts";
import type { LedgerChange } from "../../../db/view/change.ts";
import { type Note, OP, OP_CODE, OP_FIELDS } from "../../../protocol/batch.ts";
import { CAUSE } from "../../../protocol/ledger-row.ts";

/** Gap operations, one behind the other as the writer posts them. */
const gapOps = (...ops: Partial<Record<keyof typeof OP, number>>[]): Float64Array => {
  const all = new Float64Array(ops.length * OP_FIELDS);
  for (const [index, fields] of ops.entries())
    for (const [field, value] of Object.entries(fields))
      all[index * OP_FIELDS + OP[field as keyof typeof OP]] = value;
  return all;
};

/** A source on a store that commits by hand, and what its listener is told. */
const startSource = () => {
  const store = new EventEmitter();
  const source = new StoreLiveSource(store as unknown as Store, "a.db");
  const told: LiveCommit[] = [];
  return {
    source,
    told,
    listen: (closing = async () => {}) =>
      source.listen({ committed: (commit) => told.push(commit), closing }),
    commit: (notes: Note[], ops = gapOps()) =>
      store.emit("commit", { flush: 7, committedAtUs: 5000, notes } as unknown as LedgerChange, ops),
  };
};

test("a commit tells its new runs, and each device once whose names are not what they were", () => {
  const { listen, told, commit } = startSource();
  commit([]);
  listen();
  const channel = { note: "channel", epoch: 1, name: "a", unit: "" } as const;
  commit([
    { note: "device", device: 1, id: "pump" },
    { note: "run", run: 4, device: 1, epoch: 1, index: 0 },
    { ...channel, device: 1, channel: 1 },
    { note: "run", run: 5, device: 2, epoch: null, index: 0 },
    { note: "source", device: 3, source: "10.0.0.9:5" },
    { note: "forgotten", device: 2 },
    { ...channel, device: 1, channel: 2 },
  ]);
  expect(
    told.map(({ flush, committedAtUs, newRuns, changedDevices, gaps }) => ({
      ...{ flush, committedAtUs, newRuns, changedDevices, gaps },
    })),
  ).toEqual([{ flush: 7, committedAtUs: 5000, newRuns: [4, 5], changedDevices: [1, 2], gaps: [] }]);
});

test("each gap operation is a gap: how its numbers came, by which cause they were absent, and when", () => {
  const { listen, told, commit } = startSource();
  listen();
  const op = { RUN: 4, FIRST: 10, LAST: 12, OPENED_AT: 1000, AT: 2000, CAUSE: CAUSE.NETWORK };
  commit(
    [],
    gapOps(
      { ...op, CODE: OP_CODE.LOST, REQUESTS: 3 },
      { ...op, CODE: OP_CODE.FILL_LOST, FIRST: 10, LAST: 10, AT: 3000 },
      { ...op, CODE: OP_CODE.FILL_LOST, FIRST: 11, LAST: 11, REQUESTS: 1 },
      { ...op, CODE: OP_CODE.FILL_OPEN, RUN: 5, CAUSE: CAUSE.QUEUE_OVERFLOW },
      { ...op, CODE: OP_CODE.FILL_OPEN, RUN: 5, REQUESTS: 2, CAUSE: 99 },
    ),
  );
  const gap = { run: 4, first: 10, last: 12, cause: "network", openedAtUs: 1000, atUs: 2000, requests: 0 };
  expect(told.flatMap(({ gaps }) => gaps)).toEqual([
    { ...gap, arrival: null, requests: 3 },
    { ...gap, arrival: "late", last: 10, atUs: 3000 },
    { ...gap, arrival: "recovered", first: 11, last: 11, requests: 1 },
    { ...gap, arrival: "reordered", run: 5, cause: "queue-overflow" },
    { ...gap, arrival: "recovered", run: 5, requests: 2, cause: "undetermined" },
  ]);
});

test("a stop waits for whoever listens, if anybody does", async () => {
  const { source, listen } = startSource();
  await source.stop();
  const steps: string[] = [];
  listen(async () => {
    await new Promise(setImmediate);
    steps.push("closed");
  });
  await source.stop();
  expect(steps).toEqual(["closed"]);
});
