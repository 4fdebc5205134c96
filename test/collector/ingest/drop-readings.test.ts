import { expect, test } from "vitest";
import { DropReadings, type DropReadingsOptions } from "../../../collector/ingest/drop-readings.ts";
import { KernelDrops, type WatchedSocket } from "../../../collector/listener/kernel-drops.ts";
import type { Listener } from "../../../collector/listener/listener.ts";

const listener = (index: number, kernelDrops: number | null, state = "OK"): Listener =>
  ({ index, kernelDrops, state }) as Listener;

const watchedListener = (watched: WatchedSocket): Listener =>
  ({
    index: 0,
    state: "OK",
    get kernelDrops() {
      return watched.drops;
    },
  }) as Listener;

const setUp = (given: Partial<DropReadingsOptions> = {}) => {
  let refreshes = 0;
  const kernelDrops = { refresh: () => ++refreshes > 0 } as unknown as KernelDrops;
  const readings = new DropReadings({
    kernelDrops,
    listeners: [listener(0, 3), listener(1, 5)],
    shares: [],
    counters: [{ undecoded: 2 }, { undecoded: 1 }],
    isHome: () => true,
    exchange: null,
    isCheap: true,
    ...given,
  });
  return { readings, refreshes: () => refreshes };
};
const exchange = (elsewhere: number | null, shed = 0) => ({ shed, missedElsewhere: () => elsewhere });

test("one worker reads its own listeners, and nothing of one that is not OK", () => {
  const { readings } = setUp({ listeners: [listener(0, 3), listener(1, 5, "UNAVAILABLE")] });
  expect(readings.readMissed(0)).toBeNull();
  expect(readings.read(100, 100_000, 0, 90, 0)).toEqual([3, null]);
});

test("where reading costs more than a call it is done when something is missing, and once a second", () => {
  const { readings, refreshes } = setUp({ isCheap: false });
  const read = [0, 500, 999, 1000].map((nowMs) => readings.read(nowMs, nowMs * 1000, 0, nowMs, 0) !== null);
  expect(read).toEqual([true, false, false, true]);
  expect(readings.read(1020, 1_020_000, 0, 1020, 1)).not.toBeNull();
  expect(refreshes()).toBe(3);
});

test("while the kernel's tables cannot be read nobody knows what was dropped", () => {
  const socket = { address: "0100007F", port: 4747, inode: 4711, queuedBytes: 0, drops: 3 };
  let tables: (typeof socket)[] | null = [socket];
  const kernelDrops = new KernelDrops({ sockets: () => tables, ownInodes: () => new Set([4711]) });
  const bound = {
    family: 4,
    address: "127.0.0.1",
    port: 4747,
    known: new Set<number>(),
    native: null,
  } as const;
  const watched = kernelDrops.watch(bound)!;
  const { readings } = setUp({ kernelDrops, listeners: [watchedListener(watched)], isCheap: false });
  const read = [[socket], null, [{ ...socket, drops: 5 }]].map((now, index) => {
    tables = now;
    return [...readings.read(index, index * 1000, 0, index, 1)!];
  });
  expect(read).toEqual([[3], [null], [5]]);
});

test("of several workers each tells the others what its sockets dropped, what it could not decode and what it shed", () => {
  const { readings } = setUp({
    isHome: (index) => index === 0,
    shares: [listener(1, 7), listener(1, 1)],
    exchange: exchange(10, 100),
  });
  // the second listener is another worker's: here it has two further sockets
  expect(readings.readMissed(0)).toEqual([3 + 2 + 100, 8 + 1 + 100]);
  expect(readings.read(100, 100_000, 0, 90, 0)).toEqual([13, 18]);
});

test("a further socket that could not be opened hides nothing, one whose drops are not known does", () => {
  const { readings } = setUp({
    shares: [listener(0, null, "UNAVAILABLE"), listener(0, 4), listener(1, null, "FAILED")],
  });
  expect(readings.read(100, 100_000, 0, 90, 0)).toEqual([7, null]);
});

test("what a further socket dropped stays counted while its address is not there: else it would seem to be dropped anew", () => {
  const shares = [listener(0, 4)];
  const { readings } = setUp({ shares });
  const drops = ["OK", "UNAVAILABLE", "OK"].map((state, nowMs) => {
    shares[0] = listener(0, 4, state);
    return readings.read(nowMs, nowMs * 1000, 0, nowMs, 0)![0];
  });
  expect(drops).toEqual([7, 7, 7]);
});

test("what another worker does not tell is not known", () => {
  const { readings } = setUp({ exchange: exchange(null) });
  readings.readMissed(0);
  expect(readings.read(100, 100_000, 0, 90, 0)).toEqual([null, null]);
});

test("several workers that would have to read the kernel's tables read nothing", () => {
  const { readings, refreshes } = setUp({ exchange: exchange(0), isCheap: false });
  expect([readings.readMissed(0), readings.read(100, 100_000, 0, 90, 5)]).toEqual([null, null]);
  expect(refreshes()).toBe(0);
});

test("a reading after which the wall clock is further ahead of the monotonic one tells nothing: the host may have slept", () => {
  const { readings } = setUp();
  // it is set back, slept through for a second and a bit, and creeps
  const wallMs = [5000, 5030, 2060, 2090 + 1001, 3121, 3151 + 999];
  const drops = wallMs.map((ms, index) => readings.read(index * 30, ms * 1000, 0, index * 30, 0));
  expect(drops).toEqual([
    [3, 5],
    [3, 5],
    [3, 5],
    [null, null],
    [3, 5],
    [3, 5],
  ]);
});

test("what is not read at once is told by the reading after", () => {
  const { readings } = setUp({ isCheap: false });
  const read = (nowMs: number, wallMs: number) => readings.read(nowMs, wallMs * 1000, 0, nowMs, 0);
  expect([read(0, 0), read(500, 60_500), read(1000, 61_000)]).toEqual([[3, 5], null, [null, null]]);
});
