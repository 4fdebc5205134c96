import { randomUUID } from "node:crypto";
import Database from "better-sqlite3";
import fc from "fast-check";
import { expect, test } from "vitest";
import { examineDatabase } from "../../db/check/examine.ts";
import { openReadOnly } from "../../db/read-only.ts";
import { openArchive } from "../../db/restore/archive.ts";
import type { WriterOptions } from "../../db/writer/writer.ts";
import type { DeviceSnapshot } from "../../protocol/batch.ts";
import { ROW_FLAG } from "../../protocol/ledger-row.ts";
import { IngestModel } from "../support/ingest-model.ts";
import { FullDisk } from "../support/no-room.ts";
import { dumpView, StoreBed, viewOf } from "../support/store-bed.ts";

type Step =
  | { do: "receive"; run: number; ahead: number; channel: number; value: number }
  | {
      do: "device" | "run" | "close" | "forget" | "describe" | "source" | "unsequenced";
      at: number;
      name: number;
    }
  | { do: "seal" | "seal-partial" | "flush" | "fail" | "reopen" };

const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 20,
    arbitrary: fc.record({
      do: fc.constant("receive" as const),
      run: fc.nat(50),
      ahead: fc.integer({ min: -12, max: 6 }),
      channel: fc.nat(3),
      value: fc.constantFrom(1.5, -0, Number.NaN, 3, Number.POSITIVE_INFINITY),
    }),
  },
  {
    weight: 8,
    arbitrary: fc.record({
      do: fc.constantFrom("device", "run", "close", "describe", "source", "unsequenced", "forget" as const),
      at: fc.nat(50),
      name: fc.nat(3),
    }),
  },
  {
    weight: 5,
    arbitrary: fc.record({
      do: fc.constantFrom("seal", "seal-partial", "flush", "flush", "fail", "reopen" as const),
    }),
  },
);

/** An id that was forgotten may come back, as a device with another number. */
const addDevice = (model: IngestModel, at: number, epoch: number): void => {
  const id = `device-${at % 8}`;
  if ([...model.ids.values()].includes(id)) return;
  model.run(model.device(id), epoch, 0, ROW_FLAG.CURRENT);
};

/** Plays steps on a model and a writer of its own, calling back after each commit. */
const play = (
  bed: StoreBed,
  steps: readonly Step[],
  options: Partial<WriterOptions>,
  check: (live: unknown) => void,
) => {
  const model = new IngestModel();
  for (let at = 0; at < 3; at++) addDevice(model, at, 1);
  let writer = bed.writer(options);
  const disk = bed.closing(new FullDisk(bed.file));
  try {
    const pick = <T>(items: T[], at: number): T | undefined => items[at % items.length];
    for (const each of steps) {
      const runs = [...model.runs.values()].filter((run) => (run.row[4]! & ROW_FLAG.UNSEQUENCED) === 0);
      const devices = [...model.ids.keys()];
      switch (each.do) {
        case "device":
          addDevice(model, each.at, each.name);
          break;
        case "run": {
          const device = pick(devices, each.at);
          if (device !== undefined) model.run(device, each.name === 0 ? null : each.name, each.at);
          break;
        }
        case "unsequenced": {
          const device = pick(devices, each.at);
          if (device === undefined) break;
          const run = model.run(device, null, each.at, ROW_FLAG.UNSEQUENCED);
          model.receiveUnsequenced(run, [{ channel: 1, value: each.name, timeUs: model.nowUs }]);
          break;
        }
        case "describe": {
          const device = pick(devices, each.at);
          const epochs = runs.filter((run) => run.device === device).map(({ epoch }) => epoch);
          const epoch = pick(epochs, each.name);
          if (device !== undefined && epoch !== undefined)
            model.describe(device, epoch, each.at % 4, `name-${each.at % 3}`);
          break;
        }
        case "source": {
          const device = pick(devices, each.at);
          if (device !== undefined) model.source(device, `10.0.0.2:${each.name}`);
          break;
        }
        case "forget": {
          const device = pick(devices, each.at);
          if (device !== undefined && devices.length > 1) model.forget(device);
          break;
        }
        case "close": {
          const run = pick(runs, each.at);
          if (run !== undefined) model.close(run, each.name);
          break;
        }
        case "receive": {
          const run = pick(runs, each.run);
          if (run === undefined) break;
          const sequence = Math.max(0, run.row[3]! + each.ahead);
          if (run.row[3]! >= 0 && sequence < run.row[2]!) break;
          model.receive(run, sequence, [
            { channel: each.channel, value: each.value, timeUs: model.nowUs },
            { channel: 0, value: each.run, timeUs: model.nowUs },
          ]);
          break;
        }
        case "seal":
          writer.accept(model.seal());
          break;
        case "seal-partial":
          writer.accept(model.seal(true));
          break;
        case "flush":
          writer.accept(model.seal());
          writer.flush();
          check(dumpView(viewOf(writer)));
          break;
        case "fail":
          // all else is written before
          model.event(null, "sleep");
          writer.accept(model.seal());
          disk.fill();
          expect(writer.flush()).toMatchObject({ outcome: "failed", error: { code: "SQLITE_FULL" } });
          disk.free();
          break;
        case "reopen":
          writer.accept(model.seal());
          writer.flush();
          writer.close();
          writer = bed.writer(options);
          check(dumpView(viewOf(writer)));
          break;
      }
    }
    return { model, writer };
  } finally {
    writer.close();
  }
};

const shownOf = (file: string): unknown => {
  const restored = openReadOnly(file);
  try {
    return dumpView(restored.view);
  } finally {
    restored.close();
  }
};

/** What an ingest worker is given when a collector is started on these files. */
const restoredFrom = (
  bed: StoreBed,
  file: string,
): { shown: unknown; nextDevice: number; nextRun: number; devices: DeviceSnapshot[] } => {
  const writer = bed.writer({ file });
  const archive = openArchive({ file, hasHistory: writer.hasHistory });
  try {
    const { devices, ...restored } = archive.restored(1000);
    return { ...restored, shown: dumpView(viewOf(writer)), devices: [...devices] };
  } finally {
    archive.close();
    writer.close();
  }
};

test("at every commit, the files as they are restore the ledger that was shown, also while the tables lag behind and after commits that failed", () => {
  fc.assert(
    fc.property(
      fc.array(step, { minLength: 20, maxLength: 120 }),
      fc.integer({ min: 1, max: 30 }),
      // whatever may go does at once
      fc.constantFrom(null, 1),
      (steps, checkpointRows, maxBytes) => {
        using bed = new StoreBed();
        play(bed, steps, { checkpointRows, maxBytes }, (live) => {
          const file = bed.copy();
          expect(shownOf(file)).toEqual(live);
          examineDatabase(file, bed.clock.wallUs());
        });
      },
    ),
    { numRuns: 60, interruptAfterTimeLimit: 4000 },
  );
});

test("a start after a crash completes the tables also of a device that was only described, or only came from elsewhere", () => {
  using bed = new StoreBed();
  const writer = bed.closing(bed.writer());
  const model = new IngestModel();
  const flush = (): void => {
    writer.accept(model.seal());
    writer.flush();
  };
  const [heard, described, moved] = ["heard", "described", "moved"].map((id) =>
    model.run(model.device(id), 1),
  );
  for (const run of [heard!, described!, moved!]) model.receive(run, 0);
  flush();
  while (writer.flush().outcome !== "idle");
  model.receive(heard!, 1);
  model.describe(described!.device, 1, 7, "temperature");
  model.source(moved!.device, "10.9.9.9:1");
  flush();
  const file = bed.copy();
  bed.writer({ file }).close();
  expect(shownOf(file)).toEqual(dumpView(viewOf(writer)));
});

test.each(["stop", "start"])(
  "a %s that begins anew for want of room, its tables complete, leaves nothing that a replay asks for in vain",
  (at) => {
    using bed = new StoreBed();
    /** what happens when the clock is read */
    const readings: (() => void)[] = [];
    const clock = {
      monotonicMs: () => bed.clock.monotonicMs(),
      wallUs: () => {
        readings.shift()?.();
        return bed.clock.wallUs();
      },
    };
    const writer = bed.writer({ clock, checkpointLagMs: 1000 });
    const model = new IngestModel();
    // so many that what their flush has changed is emptied once the tables have it
    for (let device = 0; device < 3000; device++)
      model.receive(model.run(model.device(randomUUID()), device), 0);
    writer.accept(model.seal());
    writer.flush();
    const live = dumpView(viewOf(writer));
    const file = at === "stop" ? bed.file : bed.copy();
    const disk = bed.closing(new FullDisk(file, "UPDATE ON flushes"));
    const noted = [() => disk.fill(), () => disk.free()];
    if (at === "stop") {
      readings.push(...noted);
      writer.close();
    } else {
      writer.close();
      // the lock says since when it is held
      readings.push(() => {}, ...noted);
      bed.closing(bed.writer({ file, clock }));
    }
    expect(readings).toEqual([]);
    expect(shownOf(bed.copy(file))).toEqual(live);
  },
);

test("a start after a crash completes the tables; what the tracker is given are exactly the absent numbers it knew, and numbers no device or run ever had", () => {
  fc.assert(
    fc.property(fc.array(step, { minLength: 20, maxLength: 120 }), (steps) => {
      using bed = new StoreBed();
      let restored!: ReturnType<typeof restoredFrom>;
      const { model } = play(bed, [...steps, { do: "flush" }], { checkpointRows: 5 }, (live) => {
        const file = bed.copy();
        restored = restoredFrom(bed, file);
        // what it was loaded from, and what the tables alone say once it has stopped
        expect(restored.shown).toEqual(live);
        expect(shownOf(file)).toEqual(live);
      });
      const { nextDevice, nextRun, devices } = restored;
      const absent = new Map(
        devices.flatMap(({ runs }) =>
          runs.map((run) => [
            run.row[0]!,
            run.absent.flatMap(({ first, last, state, cause }) =>
              Array.from(
                { length: last - first + 1 },
                (_, at) => `${first + at} ${state} ${state === "lost" ? cause : ""}`,
              ),
            ),
          ]),
        ),
      );
      const ever = [...model.runs.values(), ...model.forgotten];
      expect([nextDevice, nextRun]).toEqual([
        1 + Math.max(0, ...ever.map(({ device }) => device)),
        1 + Math.max(0, ...ever.map(({ run }) => run)),
      ]);
      for (const run of model.runs.values()) {
        const expected = [
          ...[...run.open.keys()].map((number) => ({ number, text: `${number} open ` })),
          ...[...run.lost].map(([number, { cause }]) => ({ number, text: `${number} lost ${cause}` })),
        ].sort((a, b) => a.number - b.number);
        expect(absent.get(run.run)).toEqual(expected.map(({ text }) => text));
      }
    }),
    { numRuns: 40, interruptAfterTimeLimit: 3000 },
  );
});

test.each([2 ** 31, 2 ** 32])("a collector whose flushes pass number %i goes on as ever", (passed) => {
  using bed = new StoreBed();
  bed.writer().close();
  const db = new Database(bed.file);
  db.prepare("UPDATE flushes SET flush = flush + ?, replay_from = replay_from + ?").run(
    passed - 6,
    passed - 6,
  );
  db.close();
  let writer = bed.writer();
  bed.closing({ close: () => writer.close() });
  const model = new IngestModel();
  const heard = model.run(model.device("heard"), 1);
  const moves = model.device("moves");
  model.run(moves, 1);
  for (let round = 0; round < 12; round++) {
    const passing = model.run(model.device("comes and goes"), 1);
    for (const run of [heard, passing]) {
      model.receive(run, run.row[3]! + 2, [{ channel: round % 2, value: round, timeUs: model.nowUs }]);
      model.describe(run.device, 1, 0, `name-${round}`);
    }
    model.source(moves, `10.0.0.2:${round}`);
    writer.accept(model.seal());
    writer.flush();
    const live = dumpView(viewOf(writer));
    const crashed = bed.copy();
    expect(shownOf(crashed)).toEqual(live);
    examineDatabase(crashed, bed.clock.wallUs());
    bed.writer({ file: crashed }).close();
    expect(shownOf(crashed)).toEqual(live);
    if (round % 3 === 2) {
      writer.close();
      expect(shownOf(bed.file)).toEqual(live);
      writer = bed.writer();
    }
    model.forget(passing.device);
  }
  expect(writer.flushNumber).toBeGreaterThan(passed);
});
