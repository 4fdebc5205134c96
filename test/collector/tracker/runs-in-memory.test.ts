import { expect, test, vi } from "vitest";
import { Recovery } from "../../../collector/recovery/recovery.ts";
import { GapList } from "../../../collector/tracker/gap/gap-list.ts";
import { RunTable } from "../../../collector/tracker/run/run-table.ts";
import { type DeviceArchive, ERR_ARCHIVE, type TrackerOptions } from "../../../collector/tracker/types.ts";
import { LacunaError } from "../../../common/errors.ts";
import type { RunSnapshot } from "../../../protocol/batch.ts";
import { ROW, ROW_FLAG } from "../../../protocol/ledger-row.ts";
import { deviceOf, noArchive, range, snapshotOf } from "../../support/stored-device.ts";
import { BED_START_US, TrackerBed } from "../../support/tracker-bed.ts";

const HOUR_MS = 3_600_000;

test("R15: a closed run with an open gap stays in memory", () => {
  const archive = { load: () => null, loadEpoch: () => null };
  const bed = new TrackerBed({ maxOpenRuns: 2, maxClosedRuns: 0, archive });
  for (const epoch of [1, 2, 3, 4]) {
    for (const number of epoch === 1 ? [0, 1, 3] : [0, 1]) bed.data(number, { epoch });
    bed.advance(10_000);
  }
  expect(bed.flags(1)).toContain("CLOSED");
  expect(bed.heardOf("lost")).toEqual([]);
  expect(bed.data(2, { epoch: 1 })).toBe("reordered");
});

test("R16: a run pushed out of memory is read back when its epoch speaks again", () => {
  const asked: (number | null)[] = [];
  const first = snapshotOf(1, 0);
  first.row[ROW.FLAGS] = ROW_FLAG.HEAD_KNOWN;
  const archive: DeviceArchive = {
    ...noArchive,
    loadEpoch: (_device, epoch) => {
      asked.push(epoch);
      return epoch === 0 ? [first] : null;
    },
  };
  const bed = new TrackerBed({ maxOpenRuns: 2, archive });
  for (let epoch = 0; epoch < 70; epoch++) {
    bed.stream(0, 9, { epoch });
    bed.advance(10_000);
  }
  expect(bed.tracker.runCount).toBe(66);
  expect(bed.data(10, { epoch: 0 })).toBe("in-order");
  expect([asked, bed.ledger(1).inOrder]).toEqual([[0], 11]);
});

test.each([
  ["given up", false],
  ["confirmed", true],
])("R5: a run that had a held number may leave the memory once that is %s", (_, isConfirmed) => {
  const bed = new TrackerBed({ maxOpenRuns: 2, archive: { ...noArchive, loadEpoch: () => null } });
  for (let epoch = 0; epoch < 70; epoch++) {
    bed.stream(0, 9, { epoch });
    bed.advance(10_001);
    expect(bed.data(5, { epoch })).toBe("held");
    if (isConfirmed) expect(bed.data(6, { epoch })).toBe("in-order");
    bed.advance(10_000).tick();
  }
  expect(bed.tracker.runCount).toBe(66);
});

test("R5: a run that has a held number stays in memory: what is given up is its duplicate", () => {
  const bed = new TrackerBed({ maxOpenRuns: 2, archive: { ...noArchive, loadEpoch: () => null } });
  // so slow that it is held for an hour
  for (const number of [0, 1]) {
    bed.data(number, { epoch: 0 });
    bed.advance(HOUR_MS);
  }
  expect(bed.data(0, { epoch: 0 })).toBe("held");
  for (let epoch = 1; epoch < 80; epoch++) {
    bed.stream(0, 9, { epoch });
    bed.advance(10_000);
  }
  bed.advance(HOUR_MS).tick();
  expect([bed.heardOf("held"), bed.ledger(1).duplicates]).toEqual([["held dropped: duplicate"], 1]);
});

test("R16: a run without an epoch is read back, the unsequenced one beside it is not", () => {
  const unsequenced = snapshotOf(1, 1);
  unsequenced.row[ROW.FLAGS] = ROW_FLAG.UNSEQUENCED;
  unsequenced.row[ROW.UNSEQUENCED] = 1;
  const archive: DeviceArchive = {
    ...noArchive,
    loadEpoch: (_device, epoch) => (epoch === null ? [unsequenced, snapshotOf(2, 1)] : null),
  };
  const bed = new TrackerBed({ maxOpenRuns: 2, archive });
  for (let i = 0; i < 5; i++) bed.data(null);
  bed.stream(0, 9, { epoch: null });
  for (let epoch = 0; epoch < 70; epoch++) {
    bed.stream(0, 9, { epoch });
    bed.advance(10_000);
  }
  bed.data(10, { epoch: null });
  bed.data(null);
  expect([bed.ledger(1).unsequenced, bed.tracker.sequence]).toEqual([6, 5]);
});

test("R15: of the closed runs of a device from the database 64 are in memory, and those that miss something; the others are read back", () => {
  const runs = Array.from({ length: 101 }, (_, i) => {
    const absent = i === 0 ? [range(3, 4, "open")] : [];
    const snapshot = snapshotOf(i + 1, i, absent);
    snapshot.row[ROW.LAST_ARRIVAL] = BED_START_US - 60_000_000 + i;
    snapshot.row[ROW.FLAGS] = ROW_FLAG.CONFIRMED | (i < 100 ? ROW_FLAG.CLOSED : ROW_FLAG.CURRENT);
    return snapshot;
  });
  const archive: DeviceArchive = {
    ...noArchive,
    loadEpoch: (_device, epoch) => runs.filter((run) => run.epoch === epoch),
  };
  const bed = new TrackerBed(
    { archive },
    { hasHistory: true, nextDevice: 2, nextRun: 102, devices: [deviceOf(...runs)] },
  );
  expect([bed.tracker.runCount, bed.tracker.openGapCount]).toEqual([66, 1]);
  bed.advance(60_000);
  expect([bed.data(15, { epoch: 1 }), bed.tracker.runCount]).toEqual(["in-order", 65]);
  bed.advance(250).tick();
  expect(bed.heardOf("lost 2")).toEqual(["lost 2: 10-14 collector-down"]);
});

test("R15: a device comes from the database with all its closed runs where those beyond the bound miss something", () => {
  const [former, current] = [snapshotOf(1, 1, [range(3, 4, "open")]), snapshotOf(2, 2)];
  former.row[ROW.FLAGS] = ROW_FLAG.CONFIRMED | ROW_FLAG.CLOSED;
  const bed = new TrackerBed(
    { maxClosedRuns: 0, archive: noArchive },
    { hasHistory: true, nextDevice: 2, nextRun: 3, devices: [deviceOf(former, current)] },
  );
  expect([bed.tracker.runCount, bed.data(3, { epoch: 1 })]).toEqual([2, "reordered"]);
});

test("R15: of a device with very many epochs that comes again the names beyond the bound are forgotten in one walk", () => {
  const COUNT = 5000;
  const runs = Array.from({ length: COUNT }, (_, i) => {
    const snapshot = snapshotOf(i + 1, i);
    snapshot.row[ROW.LAST_ARRIVAL] = BED_START_US - 60_000_000 + i;
    snapshot.row[ROW.FLAGS] = ROW_FLAG.CONFIRMED | (i < COUNT - 1 ? ROW_FLAG.CLOSED : ROW_FLAG.CURRENT);
    return snapshot;
  });
  const asked: (number | null)[] = [];
  const archive: DeviceArchive = {
    load: () => deviceOf(...runs),
    loadEpoch: (_device, epoch) => {
      asked.push(epoch);
      return runs.filter((run) => run.epoch === epoch);
    },
  };
  const bed = new TrackerBed(
    { archive },
    { hasHistory: true, nextDevice: 2, nextRun: COUNT + 1, leftOut: ["pump-7"] },
  );
  const walks = vi.spyOn(Map.prototype, Symbol.iterator);
  const verdict = bed.data(10, { epoch: COUNT - 1 });
  const { length } = walks.mock.calls;
  walks.mockRestore();
  expect([verdict, bed.tracker.runCount, length < 10]).toEqual(["in-order", 65, true]);
  // of an epoch with a name, and of one without
  const named = COUNT - 65 - 4096;
  const said = [named, named - 1].map((epoch) => bed.data(10, { epoch }));
  expect([said, asked]).toEqual([
    ["in-order", "in-order"],
    [named, named - 1],
  ]);
});

/** Two open runs, and of the closed ones so many in memory. The archive gives what was drained. @param asked - filled with the epochs it was asked for */
const keeping = (maxClosedRuns: number, asked: (number | null)[] = []): TrackerBed => {
  const loadEpoch = (_: number, epoch: number | null): RunSnapshot[] => {
    asked.push(epoch);
    return bed.heardOf("run").flatMap((sentence) => {
      const [run, , declared, index] = sentence.match(/\d+/g)!.map(Number);
      const row = bed.rows.get(run!)!.slice();
      return declared === epoch ? [{ epoch, index: index!, row, absent: [] }] : [];
    });
  };
  const bed = new TrackerBed({ maxOpenRuns: 2, maxClosedRuns, archive: { ...noArchive, loadEpoch } });
  return bed;
};

/** The first run has 2000-2009 of epoch 1. Three epochs later, when it has left the memory if it may, comes what the device had kept, from 1500 on. */
const keptBelow = (bed: TrackerBed): void => {
  for (const epoch of [1, 2, 3, 4]) {
    for (let number = 2000; number < 2010; number++) bed.data(number, { epoch, time: number * 1000 });
    bed.advance(10_000);
  }
  for (const number of [1500, 1501]) bed.data(number, { time: number * 1000 });
};

/** A while after that the sender has begun anew. */
const ANEW_MS = 10_000;
const ANEW = { time: 3_000_000 };

test.each<[string, (bed: TrackerBed) => string[]]>([
  ["what the device had kept", (bed) => [bed.data(1502), bed.data(1504)]],
  ["what it sends anew", (bed) => [bed.advance(ANEW_MS).data(1500, ANEW), bed.data(1501, ANEW)]],
  ["what a heartbeat begins anew", (bed) => [bed.advance(ANEW_MS).heartbeat(1501, ANEW), bed.data(1501)]],
])("R3: a number of a run that has left the memory is not taken for %s below it", (_, goOn) => {
  const [kept, dropped] = [100, 1].map((maxClosedRuns) => {
    const bed = keeping(maxClosedRuns);
    keptBelow(bed);
    const said = [...goOn(bed), bed.data(2012), bed.heartbeat(2014), bed.data(2005, { time: 2_005_000 })];
    bed.advance(251).tick();
    return { said, runs: bed.heardOf("run").map((_, at) => bed.ledger(at + 1)), lost: bed.heardOf("lost") };
  });
  expect(dropped).toEqual(kept);
  expect(kept!.runs[0]).toMatchObject({ first: 2000, highWater: 2013, inOrder: 11, duplicates: 1 });
});

test("R3: runs that have left the memory are read back once for one that goes on below them, and not for one that does not", () => {
  const asked: (number | null)[] = [];
  const below = keeping(1, asked);
  keptBelow(below);
  asked.length = 0;
  below.stream(1502, 1510);
  expect(asked).toEqual([1]);
  asked.length = 0;
  const reused = keeping(1, asked);
  for (const time of [1, 2, 3, 4, 5, 6]) {
    reused.stream(2000, 2009, { time: time * 10_000_000 });
    reused.advance(10_000);
  }
  expect([reused.heardOf("run").length, reused.tracker.runCount, asked]).toEqual([6, 3, []]);
});

test("R3: nor does it matter that the device comes from the database without the run above", () => {
  const above = snapshotOf(1, 1);
  [above.row[ROW.FIRST], above.row[ROW.HIGH_WATER]] = [2000, 2009];
  above.row[ROW.FLAGS] = ROW_FLAG.CONFIRMED | ROW_FLAG.CLOSED;
  const below = { ...snapshotOf(2, 1), index: 1 };
  const said = [100, 0].map((maxClosedRuns) => {
    const bed = new TrackerBed(
      { maxClosedRuns, archive: { ...noArchive, loadEpoch: () => [above, below] } },
      { hasHistory: true, nextDevice: 2, nextRun: 3, devices: [deviceOf(above, below)] },
    );
    return [bed.tracker.runCount, bed.data(2010), bed.data(2005), bed.rows.get(1)?.[ROW.HIGH_WATER]];
  });
  expect(said).toEqual([
    [2, "in-order", "duplicate", 2010],
    [1, "in-order", "duplicate", 2010],
  ]);
});

/** A bed whose archive knows so many runs of epoch 1, all but the newest one closed. @param spacing - of their first numbers, from 0 or down to it */
const manyRuns = (
  count: number,
  spacing: number,
  options: Partial<TrackerOptions> = {},
  onLoad: () => void = () => undefined,
): TrackerBed => {
  const runs = Array.from({ length: count }, (_, index) => {
    const snapshot = { ...snapshotOf(index + 1, 1), index };
    const offset = spacing < 0 ? (index - count) * spacing : index * spacing;
    snapshot.row[ROW.FIRST] = snapshot.row[ROW.FIRST]! + offset;
    snapshot.row[ROW.HIGH_WATER] = snapshot.row[ROW.HIGH_WATER]! + offset;
    snapshot.row[ROW.FIRST_SEND_TIME] = snapshot.row[ROW.MAX_SEND_TIME] = snapshot.row[ROW.FIRST_ARRIVAL]!;
    snapshot.row[ROW.FLAGS] = ROW_FLAG.CONFIRMED | (index < count - 1 ? ROW_FLAG.CLOSED : ROW_FLAG.CURRENT);
    return snapshot;
  });
  const loadEpoch = (): RunSnapshot[] => {
    onLoad();
    return runs;
  };
  return new TrackerBed(
    { archive: { ...noArchive, loadEpoch }, ...options },
    { hasHistory: true, nextDevice: 2, nextRun: count + 1, devices: [deviceOf(...runs)] },
  );
};

/** How often a value of a run was looked at meanwhile. */
const lookedAt = (work: () => void): number => {
  const at = vi.spyOn(RunTable.prototype, "at");
  work();
  const { length } = at.mock.calls;
  at.mockRestore();
  return length;
};

test("R15: to read an epoch of many runs back costs what they are, not what they are to each other", () => {
  const costs = (count: number): number => {
    const bed = manyRuns(count, 0);
    return lookedAt(() => {
      // nobody believes it: all are asked
      expect([bed.data(2 ** 40, { epoch: 1 }), bed.tracker.runCount]).toEqual(["held", count]);
    });
  };
  expect(costs(1600)).toBeLessThan(3 * costs(800));
});

test("R15: many runs that are read back stay until as many were put out of their place: copies of something old do not have them read again and again", () => {
  const [RUNS, COPIES] = [200, 600];
  let loads = 0;
  const bed = manyRuns(RUNS, 1000, {}, () => loads++);
  for (let copy = 0; copy < COPIES; copy++) {
    expect(bed.data(2 ** 40 + 2 * copy, { epoch: 1 })).toBe("held");
    expect(bed.data(1000 * (copy % 150), { epoch: 1, time: -120_000_000 })).toBe("duplicate");
    bed.advance(1);
  }
  // each time some 130 are read; that they leave at all shows in the further times
  expect([loads > 2, loads < COPIES / 100]).toEqual([true, true]);
});

test("R15: many runs that are read back do not keep those of other epochs, read back one after the other, in memory for ever", () => {
  const [RUNS, EPOCHS] = [200, 400];
  const runs = Array.from({ length: RUNS + EPOCHS }, (_, i) => {
    const snapshot = { ...snapshotOf(i + 1, Math.max(1, i - RUNS + 2)), index: i < RUNS ? i : 0 };
    const flag = i < RUNS + EPOCHS - 1 ? ROW_FLAG.CLOSED : ROW_FLAG.CURRENT;
    snapshot.row[ROW.FLAGS] = ROW_FLAG.CONFIRMED | flag;
    return snapshot;
  });
  const bed = new TrackerBed(
    { archive: { ...noArchive, loadEpoch: (_, epoch) => runs.filter((run) => run.epoch === epoch) } },
    { hasHistory: true, nextDevice: 2, nextRun: RUNS + EPOCHS + 1, devices: [deviceOf(...runs)] },
  );
  const inMemory = [1, 2, EPOCHS - 100].map((until) => {
    for (let epoch = until === 1 ? 1 : 2; epoch <= until; epoch++)
      expect(bed.data(2 ** 40, { epoch })).toBe("held");
    return bed.tracker.runCount;
  });
  expect(inMemory[1]).toBe(inMemory[0]! + 1);
  expect(inMemory[2]).toBeLessThan(100);
});

test("R15: runs that are read back find their places among newer ones of other epochs in one walk", () => {
  const costs = (count: number): number => {
    // each epoch has as many runs, those of the second one are newer
    const runs = Array.from({ length: 2 * count }, (_, i) => {
      const snapshot = { ...snapshotOf(i + 1, i < count ? 1 : 2), index: i % count };
      snapshot.row[ROW.FLAGS] = ROW_FLAG.CONFIRMED | (i < 2 * count - 1 ? ROW_FLAG.CLOSED : ROW_FLAG.CURRENT);
      return snapshot;
    });
    const bed = new TrackerBed(
      { archive: { ...noArchive, loadEpoch: (_, epoch) => runs.filter((run) => run.epoch === epoch) } },
      { hasHistory: true, nextDevice: 2, nextRun: 2 * count + 1, devices: [deviceOf(...runs)] },
    );
    bed.data(2 ** 40, { epoch: 2 });
    return lookedAt(() => {
      expect([bed.data(2 ** 40, { epoch: 1 }), bed.tracker.runCount]).toEqual(["held", 2 * count]);
    });
  };
  expect(costs(800)).toBeLessThan(3 * costs(400));
});

test("R15: a number of the oldest of many runs is asked of each newer one by its numbers alone", () => {
  const RUNS = 800;
  const bed = manyRuns(RUNS, 10);
  bed.data(2 ** 40, { epoch: 1 });
  const times = vi.spyOn(RunTable.prototype, "expected");
  const costs = lookedAt(() => expect(bed.data(5, { epoch: 1 })).toBe("held"));
  expect([times.mock.calls.length < 10, costs < 4 * RUNS]).toEqual([true, true]);
  times.mockRestore();
});

test("R15: a copy of something old costs what the runs of its epoch are, not what they are to each other, also where each lies below those before it", () => {
  const costs = (count: number): number => {
    const bed = manyRuns(count, -10);
    bed.data(2 ** 40, { epoch: 1 });
    expect(bed.tracker.runCount).toBe(count);
    return lookedAt(() => expect(bed.data(5, { epoch: 1, time: -200_000_000 })).toBe("held"));
  };
  expect(costs(1600)).toBeLessThan(3 * costs(800));
});

test("R15: a device that goes on below thousands of runs of its epoch is not compared with them for each number", () => {
  const costs = (count: number): number => {
    const bed = manyRuns(count, -1000);
    bed.data(2 ** 40, { epoch: 1 });
    // the newest run is 1000-1009, the one above it begins at 2000
    expect([bed.data(1010, { epoch: 1 }), bed.tracker.runCount]).toEqual(["in-order", count]);
    return lookedAt(() => {
      const said = [1011, 1011, 1013].map((number) => bed.data(number, { epoch: 1 }));
      expect([...said, bed.heartbeat(1015, { epoch: 1 })]).toEqual([
        ...["in-order", "duplicate", "in-order", "control"],
      ]);
      expect(bed.row(count)[ROW.HIGH_WATER]).toBe(1014);
    });
  };
  expect(costs(1600)).toBeLessThan(costs(800) + 100);
});

test("R15: a GONE for an epoch of many runs costs what they are, too, also when none has numbers of another", () => {
  const recovery = new Recovery({ listeners: ["on"], random: () => 0, send: () => true });
  recovery.wasAsked = () => true;
  const costs = (count: number): number => {
    const bed = manyRuns(count, 10, { recovery });
    bed.data(2 ** 40, { epoch: 1 });
    expect(bed.tracker.runCount).toBe(count);
    return lookedAt(() => expect(bed.gone(null, { epoch: 1, ranges: [[3, 4]] })).toBe("control"));
  };
  expect(costs(1600)).toBeLessThanOrEqual(3 * costs(800));
});

test("R15: whether a device may be asked for the gaps of a run is found out once for all that are due, of an epoch of many runs", () => {
  const recovery = new Recovery({ listeners: ["on"], random: () => 0, send: () => true });
  const costs = (gaps: number): number => {
    const bed = manyRuns(800, 1000, { recovery });
    bed.data(2 ** 40, { epoch: 1 });
    for (let gap = 1; gap <= gaps; gap++) bed.data(9 + 2 * gap, { epoch: 1, native: true });
    expect([bed.tracker.runCount, bed.tracker.openGapCount]).toEqual([800, gaps]);
    const { nowMs, wallUs } = bed.advance(251);
    return lookedAt(() => bed.tracker.tick(nowMs, nowMs, wallUs));
  };
  expect(costs(40)).toBeLessThan(2 * costs(10));
});

test("R15: what the oldest runs have too much gives way for what all runs are, not for each range anew", () => {
  const MOST = 10;
  const costs = (count: number): number => {
    const runs = Array.from({ length: count }, (_, i) => {
      const snapshot = snapshotOf(i + 1, i, [range(3, 4, "lost")]);
      if (i < count - 1) snapshot.row[ROW.FLAGS] = ROW_FLAG.CONFIRMED | ROW_FLAG.CLOSED;
      return snapshot;
    });
    const bed = new TrackerBed(
      { maxGapsPerDevice: MOST },
      { hasHistory: true, nextDevice: 2, nextRun: count + 1, devices: [deviceOf(...runs)] },
    );
    const counts = vi.spyOn(GapList.prototype, "count", "get");
    bed.data(10, { epoch: count - 1 });
    const { length } = counts.mock.calls;
    counts.mockRestore();
    const floors = runs.map((_, i) => bed.rows.get(i + 1)?.[ROW.FLOOR] ?? 0);
    expect(floors).toEqual(runs.map((_, i) => (i < count - MOST ? 5 : 0)));
    return length;
  };
  expect(costs(400)).toBeLessThan(3 * costs(200));
});

/** Epochs 0 to `count - 1`, each 0-1, 10 s apart; the archive gives what was drained of one. */
const manyEpochs = (count: number): { bed: TrackerBed; asked: (number | null)[] } => {
  const asked: (number | null)[] = [];
  const archive: DeviceArchive = {
    ...noArchive,
    loadEpoch: (_device, epoch) => {
      asked.push(epoch);
      const row = bed.rows.get(epoch! + 1);
      return row === undefined ? null : [{ epoch, index: 0, row: row.slice(), absent: [] }];
    },
  };
  const bed = new TrackerBed({ maxOpenRuns: 2, archive });
  for (let epoch = 0; epoch < count; epoch++) {
    bed.stream(0, 1, { epoch, time: 1 });
    bed.advance(10_000);
  }
  return { bed, asked };
};

test("R4: an epoch whose name is forgotten is asked for before it begins anew: its numbers stay received", () => {
  const { bed, asked } = manyEpochs(4200);
  asked.length = 0;
  expect(bed.data(1, { epoch: 0, time: 1 })).toBe("duplicate");
  expect(bed.data(2, { epoch: 0 })).toBe("in-order");
  expect([asked, bed.heardOf("run").length]).toEqual([[0], 4200]);
});

test("R6: forged epochs ask the database for what may begin only", () => {
  const { bed, asked } = manyEpochs(4200);
  asked.length = 0;
  const said = Array.from({ length: 100 }, (_, i) => bed.data(0, { epoch: 10_000 + i }));
  const begun = said.filter((verdict) => verdict === "in-order").length;
  expect([begun > 0, begun < 16, asked.length]).toEqual([true, true, begun]);
});

test("R16: a run pushed out of memory without an archive begins anew under an index of its own", () => {
  const bed = new TrackerBed({ maxOpenRuns: 2 });
  for (let epoch = 0; epoch < 70; epoch++) {
    bed.stream(0, 9, { epoch });
    bed.advance(10_000);
  }
  bed.data(10, { epoch: 0 });
  expect(bed.heardOf("run").at(-1)).toBe("run 71 of 1: 0/1");
});

test("R16: what was accepted stays so while the archive fails: it is not asked whether the device is heard on the newest run of its epoch", () => {
  let asked = 0;
  const archive: DeviceArchive = {
    ...noArchive,
    loadEpoch: () => {
      asked++;
      throw new LacunaError(ERR_ARCHIVE, "the disk does not answer");
    },
  };
  const bed = new TrackerBed({ maxOpenRuns: 2, maxClosedRuns: 0, archive });
  bed.stream(100, 101);
  // from before it was first heard: a run of its own, which leaves the memory when others take its place
  bed.advance(250).stream(0, 1);
  const verdicts = [102, 103].map((number, index) => {
    bed.advance(10_000).data(number);
    return bed.data(0, { epoch: 2 + index });
  });
  expect([verdicts, bed.tracker.runCount, asked]).toEqual([["in-order", "in-order"], 3, 0]);
});
