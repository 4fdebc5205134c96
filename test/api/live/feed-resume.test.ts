import Database from "better-sqlite3";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { ALL, FeedBed } from "../../support/feed-bed.ts";
import { mergeOnce } from "../../support/merge-once.ts";

describe("a client that comes again", () => {
  test("is told that its id is none of this database", async () => {
    using feed = new FeedBed();
    await feed.join(1, ALL, "99.0000-0-1-0");
    await feed.join(2, ALL, "nonsense");
    expect([feed.missed.get(1)![0]!.skipped, feed.missed.get(2)![0]!.skipped]).toMatchObject([
      { reason: "unknown-id" },
      { reason: "unknown-id" },
    ]);
  });

  test("is told that its id is none of this database, also where the same numbers exist here", async () => {
    using here = new FeedBed();
    using there = new FeedBed();
    const ids: string[] = [];
    for (const [feed, beginsMs] of [
      [here, 0],
      [there, 1],
    ] as const) {
      feed.bed.clock.advanceMs(beginsMs);
      const pump = feed.run("pump");
      await feed.join(1);
      for (const sequence of [0, 1]) {
        feed.receive(pump, sequence);
        await feed.flush();
      }
      ids.push(feed.events(1)[0]!.id, feed.missed.get(1)![0]!.position);
    }
    for (const [at, id] of ids.entries()) await here.join(10 + at, ALL, id);
    const reasons = ids.map((_, at) => here.missed.get(10 + at)!.map(({ skipped }) => skipped?.reason));
    // nobody had been told anything by the last one
    expect(reasons.map((each) => each.filter((reason) => reason !== undefined))).toEqual([
      [],
      [],
      ["unknown-id"],
      [],
    ]);
    expect(here.told(12)).toEqual([]);
  });

  test("is told once what is committed as it comes, and not told of to the others yet", async () => {
    using feed = new FeedBed();
    const pump = feed.run("pump");
    await feed.join(1);
    for (const sequence of [0, 1]) {
      feed.receive(pump, sequence);
      await feed.flush();
    }
    // one without datagrams is the last before the start
    feed.model.close(pump);
    await feed.flush();
    feed.restart();
    feed.receive(pump, 2);
    const tell = feed.commit();
    await feed.join(2, ALL, feed.events(1)[1]!.id);
    expect(feed.told(2)).toEqual([]);
    await tell();
    expect(feed.told(2)).toEqual([2]);
  });

  test("goes on from the place that it was given after a start, before anything came", async () => {
    using feed = new FeedBed();
    const pump = feed.run("pump");
    feed.receive(pump, 0);
    await feed.flush();
    feed.restart();
    await feed.join(1);
    const { position } = feed.missed.get(1)![0]!;
    feed.receive(pump, 1);
    await feed.flush();
    await feed.join(2, ALL, position);
    expect(feed.missed.get(2)!.filter(({ skipped }) => skipped !== null)).toEqual([]);
    expect(feed.told(2)).toEqual([1]);
  });

  test("is told what lies between when it comes too late, and goes on with what is new", async () => {
    using feed = new FeedBed();
    const pump = feed.run("pump");
    feed.receive(pump, 0);
    await feed.flush();
    await feed.join(2);
    const { position } = feed.missed.get(2)![0]!;
    for (const sequence of [1, 2]) {
      feed.receive(pump, sequence);
      await feed.flush(301_000);
    }
    await feed.join(1, ALL, position);
    expect(feed.missed.get(1)![0]!.skipped).toMatchObject({ reason: "too-old" });
    feed.receive(pump, 3);
    await feed.flush();
    expect(feed.told(1)).toEqual([3]);
  });

  test("is told that what it missed was removed meanwhile, and no more than that", async () => {
    using feed = new FeedBed({ retentionMs: 60_000 });
    const pump = feed.run("pump");
    await feed.join(1);
    for (const sequence of [0, 1, 2, 3, 4, 5]) {
      feed.model.nowUs = feed.bed.clock.wallUs();
      feed.receive(pump, sequence);
      await feed.flush(15_000);
    }
    const all = feed.events(1);
    const [first, fifth] = [all[0], all[4]];
    feed.restart();
    await feed.join(2, ALL, first!.id);
    await feed.join(3, ALL, fifth!.id);
    expect(feed.missed.get(2)![0]!.skipped).toMatchObject({ reason: "too-old" });
    expect(feed.missed.get(3)!.map(({ skipped }) => skipped)).toEqual([null, null]);
    expect([feed.told(2), feed.told(3)]).toEqual([[], [5]]);
  });

  test("what was held when the collector stopped is told once, before the stop or after the start", async () => {
    using feed = new FeedBed();
    const pump = feed.run("pump");
    await feed.join(1);
    feed.receive(pump, 0);
    await feed.flush();
    feed.receive(pump, 3);
    await feed.flush();
    await feed.rest();
    const [first, held] = feed.events(1);
    feed.model.close(pump);
    await feed.flush(900);
    feed.restart();
    await feed.join(2, ALL, held!.id);
    await feed.join(3, ALL, first!.id);
    feed.receive(pump, 4);
    await feed.flush(900);
    expect([feed.told(2), feed.told(3)]).toEqual([[4], [3, 4]]);
    expect(feed.events(3)[0]).toEqual(held);
  });

  test("what was held is told once to each of several that come again at once", async () => {
    using feed = new FeedBed();
    const pump = feed.run("pump");
    await feed.join(1);
    feed.receive(pump, 0, 2, 3);
    await feed.flush();
    await feed.rest();
    const [first, held] = feed.events(1);
    feed.restart();
    await feed.join(2, { devices: ["nobody"], channels: [] });
    await feed.join(3, ALL, first!.id);
    await feed.join(4, ALL, held!.id);
    await feed.rest();
    expect([feed.told(3), feed.told(4)]).toEqual([[2, 3], [3]]);
    feed.receive(pump, 4);
    await feed.flush();
    expect([feed.told(3), feed.told(4)]).toEqual([
      [2, 3, 4],
      [3, 4],
    ]);
  });

  test("is told all of it when it came before there was anything, and named a device that was not there", async () => {
    using feed = new FeedBed();
    const filter = { devices: ["pump"], channels: [] };
    await feed.join(1, filter);
    const { position } = feed.missed.get(1)!.at(-1)!;
    feed.receive(feed.run("pump"), 0, 1);
    await feed.flush();
    feed.restart();
    await feed.join(2, filter, position);
    expect(feed.missed.get(2)!.filter(({ skipped }) => skipped !== null)).toEqual([]);
    expect(feed.told(2)).toEqual([0, 1]);
  });

  test("is told all of it where devices were heard by control datagrams first", async () => {
    using feed = new FeedBed();
    await feed.join(1);
    const { position } = feed.missed.get(1)!.at(-1)!;
    const pump = feed.run("pump");
    feed.model.hear(pump);
    await feed.flush();
    for (const sequence of [0, 1, 2]) {
      feed.receive(pump, sequence);
      await feed.flush();
    }
    const [first] = feed.events(1);
    feed.restart();
    await feed.join(2, ALL, position);
    await feed.join(3, ALL, first!.id);
    const skipped = [2, 3].flatMap((client) => feed.missed.get(client)!.map((each) => each.skipped));
    expect(skipped.filter((each) => each !== null)).toEqual([]);
    expect([feed.told(2), feed.told(3)]).toEqual([
      [0, 1, 2],
      [1, 2],
    ]);
  });

  test("is told also of the run that one of its devices begins while it is told what it missed", async () => {
    using feed = new FeedBed();
    const pump = feed.run("pump");
    await feed.join(1);
    for (const sequence of [0, 1, 2, 3, 4, 5]) {
      feed.receive(pump, sequence);
      await feed.flush();
    }
    const after = feed.events(1)[0]!.id;
    await feed.join(2, { devices: ["pump"], channels: [] }, after, () => {
      feed.receive(feed.run("pump", pump), 0);
      return feed.flush();
    });
    expect(feed.told(2)).toEqual([1, 2, 3, 4, 5, 0]);
  });

  test("is told that it comes too late when what lies just before its place was merged", async () => {
    const mergePolicy = { chunkReadings: 20, flushesAtOnce: 3, keptBytes: 0, keptUs: 0 };
    using feed = new FeedBed({ mergePolicy });
    const pump = feed.run("pump");
    await feed.join(1);
    for (let sequence = 0; sequence < 36; sequence += 4) {
      feed.receive(pump, sequence, sequence + 1, sequence + 3);
      await feed.flush();
    }
    while (mergeOnce(feed.writer, feed.bed.file, mergePolicy.chunkReadings));
    // also what was held of the last one
    const all = [...feed.events(1), ...feed.places];
    feed.restart();
    for (const [at, { id }] of all.entries()) {
      await feed.join(10 + at, ALL, id);
      expect(feed.missed.get(10 + at)!.map(({ skipped }) => skipped?.reason)).toContain("too-old");
    }
  });

  test("is told the rest of what was held of several devices, whatever the devices are called", async () => {
    using feed = new FeedBed();
    const [zeta, alpha] = [feed.run("zeta"), feed.run("alpha")];
    const both = { devices: ["alpha", "zeta"], channels: [] };
    await feed.join(1, both);
    for (const sequences of [[0], [2]]) {
      feed.receive(zeta, ...sequences);
      feed.receive(alpha, ...sequences);
      await feed.flush();
    }
    await feed.rest();
    const all = feed.events(1);
    expect(all.map(({ data }) => data.seq)).toEqual([0, 0, 2, 2]);
    await feed.join(2, both, all[2]!.id);
    expect(feed.events(2)).toEqual(all.slice(3));
  });

  describe("is told late what is late when its run was silent for long,", () => {
    const mergePolicy = { chunkReadings: 20, flushesAtOnce: 3, keptBytes: 2 ** 20, keptUs: 2_000_000 };

    /** The pump has sent 4 long ago, the fan goes on; told(1) is what a client is told that stays. */
    const silentPump = async (feed: FeedBed) => {
      const [pump, fan] = [feed.run("pump"), feed.run("fan")];
      await feed.join(1);
      feed.receive(pump, 0, 1);
      await feed.flush();
      feed.receive(pump, 4);
      await feed.flush();
      feed.receive(pump, 2);
      let next = 0;
      const fanSends = async (flushes: number): Promise<void> => {
        for (let sent = 0; sent < flushes; sent++) {
          feed.receive(fan, next++);
          await feed.flush();
        }
      };
      await fanSends(20);
      return { pump, fanSends };
    };

    test.each([false, true])("whether that is merged by now or not: %j", async (isMerged) => {
      using feed = new FeedBed({ mergePolicy });
      const { pump, fanSends } = await silentPump(feed);
      if (isMerged) while (mergeOnce(feed.writer, feed.bed.file, mergePolicy.chunkReadings));
      const place = feed.events(1).at(-1)!.id;
      feed.receive(pump, 3);
      await fanSends(1);
      const { length } = feed.events(1);
      feed.restart();
      await feed.join(2, { devices: ["pump"], channels: [] }, place);
      feed.receive(pump, 5);
      await fanSends(2);
      expect([feed.told(1).slice(0, length).includes(-3), feed.told(2)]).toEqual([true, [-3, 5]]);
    });

    test("where it is told with the others, after the feed began anew", async () => {
      using feed = new FeedBed();
      const { pump, fanSends } = await silentPump(feed);
      feed.restart();
      await feed.join(2, { devices: ["pump"], channels: [] }, feed.events(1).at(-1)!.id);
      feed.receive(pump, 3);
      await fanSends(1);
      feed.receive(pump, 6);
      await fanSends(2);
      expect(feed.told(2)).toEqual([-3, 6]);
    });
  });

  test("is told that it comes too late for what is damaged, and nobody else is told less", async () => {
    using feed = new FeedBed();
    const pump = feed.run("pump");
    await feed.join(1);
    for (const sequence of [0, 1, 2, 3]) {
      feed.receive(pump, sequence);
      await feed.flush();
    }
    const [first, , third] = feed.events(1);
    const other = new Database(feed.bed.file);
    for (const flush of [2, 4]) {
      other.exec(`UPDATE flushes SET data = zeroblob(length(data)) WHERE flush = ${flush}`);
      feed.restart();
      await feed.join(flush * 10, ALL, first!.id);
      await feed.join(flush * 10 + 1, ALL, third!.id);
      expect(feed.missed.get(flush * 10)!.map(({ skipped }) => skipped?.reason)).toContain("too-old");
    }
    other.close();
    feed.receive(pump, 4);
    await feed.flush();
    expect([feed.told(40), feed.told(41)]).toEqual([[4], [4]]);
  });

  test("is told everything once, also where the hold was over before a slow disk had the next flush", async () => {
    const fates = fc.array(fc.constantFrom("sent", "sent", "late", "lost"), { maxLength: 5 });
    const step = fc.record({
      ...{ pump: fates, fan: fates, isRested: fc.boolean() },
      afterMs: fc.constantFrom(250, 250, 900),
    });
    await fc.assert(
      fc.asyncProperty(
        fc.array(step, { minLength: 1, maxLength: 8 }),
        fc.boolean(),
        // names may be forgotten whenever others are learned
        fc.constantFrom(undefined, 0),
        async (steps, isRestarted, mostRuns) => {
          using feed = new FeedBed({}, mostRuns);
          const sent: string[] = [];
          const senders = (["pump", "fan"] as const).map((device) => {
            const [run, late, next] = [feed.run(device), [] as number[], { sequence: 0 }];
            const send = (sequence: number): void => {
              feed.receive(run, sequence);
              sent.push(`${device} ${sequence}`);
            };
            return { device, late, next, send };
          });
          // the model lets no number come before the first
          for (const { next, send } of senders) send(next.sequence++);
          await feed.join(1);
          for (const { afterMs, isRested, ...fated } of steps) {
            for (const { device, late, next, send } of senders) {
              late.splice(0).forEach(send);
              for (const fate of fated[device]) {
                const sequence = next.sequence++;
                if (fate === "late") late.push(sequence);
                else if (fate === "sent") send(sequence);
              }
            }
            await feed.flush(afterMs);
            if (isRested) await feed.rest();
          }
          const seen = feed.events(1);
          const places = [...seen.map(({ id }, at) => ({ id, told: at + 1 })), ...feed.places];
          if (isRestarted) feed.restart();
          for (const [at, { id }] of places.entries()) await feed.join(10 + at, ALL, id);
          for (const { next, send } of senders) send(next.sequence);
          await feed.flush();
          await feed.rest();
          for (const [at, place] of places.entries()) {
            const told = [...seen.slice(0, place.told), ...feed.events(10 + at)];
            expect(told.map(({ data: { device, seq } }) => `${device} ${seq}`).sort()).toEqual(
              sent.toSorted(),
            );
          }
        },
      ),
      { numRuns: 60 },
    );
  });

  test("after any event, and any place it was given without one, is told exactly what came behind it", async () => {
    const step = fc.record({
      pump: fc.array(fc.integer({ min: 0, max: 3 }), { maxLength: 6 }),
      fan: fc.array(fc.integer({ min: 0, max: 3 }), { maxLength: 3 }),
      afterMs: fc.constantFrom(250, 250, 250, 900),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 10 }), fc.nat(), async (steps, seed) => {
        using feed = new FeedBed();
        const runs = { pump: feed.run("pump"), fan: feed.run("fan") };
        const next = { pump: 0, fan: 0 };
        const waiting = { pump: [] as number[], fan: [] as number[] };
        await feed.join(1);
        for (const { afterMs, ...sent } of steps) {
          for (const device of ["pump", "fan"] as const) {
            // 0: sent on the next occasion, 3: lost
            const late = waiting[device].splice(0);
            for (const fate of sent[device]) {
              const sequence = next[device]++;
              if (fate === 0) waiting[device].push(sequence);
              else if (fate < 3) feed.receive(runs[device], sequence);
            }
            feed.receive(runs[device], ...late);
          }
          await feed.flush(afterMs);
        }
        const places = [...feed.events(1).map(({ id }, at) => ({ id, told: at + 1 })), ...feed.places];
        const place = places[seed % places.length];
        if (place === undefined) return;
        await feed.join(2, ALL, place.id);
        await feed.rest();
        expect(feed.events(2)).toEqual(feed.events(1).slice(place.told));
      }),
      { numRuns: 30 },
    );
  });
});
