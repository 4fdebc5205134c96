import { describe, expect, test } from "vitest";
import { ROW } from "../../../protocol/ledger-row.ts";
import { FeedBed } from "../../support/feed-bed.ts";
import type { ModelRun } from "../../support/ingest-model.ts";

test("a client is told what is committed after it came, in order", async () => {
  using feed = new FeedBed();
  const pump = feed.run("pump");
  feed.receive(pump, 0);
  await feed.flush();
  await feed.join(1);
  feed.receive(pump, 2, 1);
  await feed.flush();
  expect(feed.told(1)).toEqual([1, 2]);
});

test("what was committed before the feed began is not told, also where it hears of the commit afterwards", async () => {
  using feed = new FeedBed();
  const pump = feed.run("pump");
  feed.receive(pump, 0);
  const tell = feed.commit();
  feed.restart();
  await feed.join(1);
  await tell();
  feed.receive(pump, 1);
  await feed.flush();
  expect(feed.told(1)).toEqual([1]);
});

test("what is held is told when no flush follows in time", async () => {
  using feed = new FeedBed();
  const pump = feed.run("pump");
  await feed.join(1);
  feed.receive(pump, 0, 2);
  await feed.flush();
  expect(feed.told(1)).toEqual([0]);
  await feed.rest();
  expect(feed.told(1)).toEqual([0, 2]);
});

test("what a flush holds waits its own time, not that of the flush before", async () => {
  using feed = new FeedBed();
  const pump = feed.run("pump");
  await feed.join(1);
  for (const sequences of [
    [0, 2],
    [1, 4],
  ]) {
    feed.receive(pump, ...sequences);
    await feed.flush();
  }
  await feed.rest(1);
  expect(feed.told(1)).toEqual([0, 1, 2]);
  feed.receive(pump, 3);
  await feed.flush();
  expect(feed.told(1)).toEqual([0, 1, 2, 3, 4]);
});

test("a device that was forgotten before the feed came to its flush is told of no more, the others are", async () => {
  using feed = new FeedBed();
  const [pump, fan] = [feed.run("pump"), feed.run("fan")];
  await feed.join(1);
  for (const run of [pump, fan]) feed.receive(run, 0);
  const tell = feed.commit();
  feed.model.forget(pump.device);
  const tellNext = feed.commit();
  await tell();
  await tellNext();
  expect(feed.events(1).map(({ data }) => data.device)).toEqual(["fan"]);
});

test("a number stays late when somebody comes who follows another device", async () => {
  using feed = new FeedBed();
  const [pump, fan] = [feed.run("pump"), feed.run("fan")];
  await feed.join(1, { devices: ["pump"], channels: [] });
  feed.receive(pump, 0, 1, 5);
  await feed.flush();
  for (const sequence of [0, 1, 2, 3, 4]) {
    feed.receive(fan, sequence);
    await feed.flush();
  }
  await feed.join(2, { devices: ["fan"], channels: [] });
  feed.receive(pump, 3);
  await feed.flush();
  expect(feed.told(1)).toEqual([0, 1, 5, -3]);
});

describe("what is held when somebody comes", () => {
  /** Number 0 of the pump is told to whoever is here, 2 is held for 1. */
  const pumpHolds = async (feed: FeedBed): Promise<void> => {
    feed.receive(feed.run("pump"), 0, 2);
    await feed.flush();
  };

  test("is told to him too, once its time is over", async () => {
    using feed = new FeedBed();
    await pumpHolds(feed);
    await feed.join(1);
    await feed.rest();
    expect(feed.told(1)).toEqual([2]);
  });

  test("counts as told when its time was over before anybody was here", async () => {
    using feed = new FeedBed();
    await pumpHolds(feed);
    feed.bed.clock.advanceMs(501);
    await feed.join(1);
    await feed.rest();
    expect(feed.told(1)).toEqual([]);
  });

  test("is told to those who were here, also where its time is over and the other follows another device", async () => {
    using feed = new FeedBed();
    feed.run("fan");
    await feed.join(1, { devices: ["pump"], channels: [] });
    await pumpHolds(feed);
    feed.bed.clock.advanceMs(600);
    await feed.join(2, { devices: ["fan"], channels: [] });
    await feed.rest();
    expect([feed.told(1), feed.told(2)]).toEqual([[0, 2], []]);
  });
});

describe("what is held when a channel of its device is described", () => {
  /** Number 0 of the pump is told, 2 is held for 1; then its channel gets a name. */
  const describeWhileHeld = async (feed: FeedBed, pump: ModelRun): Promise<void> => {
    await feed.join(1);
    feed.receive(pump, 0, 2);
    await feed.flush();
    feed.model.describe(pump.row[ROW.DEVICE]!, 1, 1, "temperature");
  };

  test("is told with the next flush, by the new name", async () => {
    using feed = new FeedBed();
    const [pump, fan] = [feed.run("pump"), feed.run("fan")];
    await describeWhileHeld(feed, pump);
    feed.receive(fan, 0);
    await feed.flush();
    expect(feed.events(1).map(({ data }) => data.values)).toEqual([
      { ch1: 0 },
      { temperature: 2 },
      { ch1: 0 },
    ]);
  });

  test("is told when no flush with datagrams follows in time", async () => {
    using feed = new FeedBed();
    await describeWhileHeld(feed, feed.run("pump"));
    await feed.flush();
    await feed.rest();
    expect(feed.events(1).map(({ data }) => data.values)).toEqual([{ ch1: 0 }, { temperature: 2 }]);
  });

  test("is told before a flush that came too late for it", async () => {
    using feed = new FeedBed();
    const [pump, fan] = [feed.run("pump"), feed.run("fan")];
    await describeWhileHeld(feed, pump);
    feed.receive(fan, 9);
    await feed.flush(900);
    expect(feed.told(1)).toEqual([0, 2, 9]);
  });
});

describe("filters", () => {
  test("a client is told of its devices only, also of runs that begin later", async () => {
    using feed = new FeedBed();
    const [pump, fan] = [feed.run("pump"), feed.run("fan")];
    await feed.join(1, { devices: ["pump", "boiler"], channels: [] });
    await feed.join(2);
    feed.receive(pump, 0);
    feed.receive(fan, 7);
    await feed.flush();
    feed.receive(feed.run("boiler"), 9);
    await feed.flush();
    expect(feed.events(1).map(({ data }) => data.device)).toEqual(["pump", "boiler"]);
    expect(feed.events(2).map(({ data }) => data.device)).toEqual(["pump", "fan", "boiler"]);
  });

  test("channels go by the names they have at the moment", async () => {
    using feed = new FeedBed();
    const pump = feed.run("pump");
    await feed.join(1, { devices: [], channels: ["temperature"] });
    feed.receive(pump, 0);
    await feed.flush();
    feed.model.describe(pump.row[ROW.DEVICE]!, 1, 1, "temperature");
    feed.receive(pump, 1);
    await feed.flush();
    expect(feed.events(1).map(({ data }) => data.values)).toEqual([{ temperature: 1 }]);
  });

  test("channels whose names come to the same text are not taken for each other", async () => {
    using feed = new FeedBed();
    const pump = feed.run("pump");
    await feed.join(1, { devices: [], channels: ["ch1\nch2"] });
    await feed.join(2, { devices: [], channels: ["ch1", "ch2"] });
    feed.receive(pump, 0);
    await feed.flush();
    expect([feed.told(1), feed.told(2)]).toEqual([[], [0]]);
  });
});

test("one that leaves is told nothing more, and takes nothing from others who want the same", async () => {
  using feed = new FeedBed();
  const [pump, fan] = [feed.run("pump"), feed.run("fan")];
  const ofPump = { devices: ["boiler", "pump"], channels: [] };
  await feed.join(1, ofPump);
  await feed.join(2, ofPump);
  await feed.join(3, { devices: ["boiler", "fan", "pump"], channels: [] });
  const send = async (sequence: number): Promise<void> => {
    for (const run of [pump, fan]) feed.receive(run, sequence);
    await feed.flush();
  };
  await send(0);
  await feed.leave(1);
  await send(1);
  // one that came after it left
  feed.receive(feed.run("boiler"), 7);
  await send(2);
  await feed.leave(3);
  await send(3);
  expect(
    [1, 2, 3].map((client) => feed.events(client).map(({ data }) => `${data.device} ${data.seq}`)),
  ).toEqual([
    ["pump 0"],
    ["pump 0", "pump 1", "pump 2", "boiler 7", "pump 3"],
    ["pump 0", "fan 0", "pump 1", "fan 1", "pump 2", "fan 2", "boiler 7"],
  ]);
});

test("what nobody wants any more is not looked at", async () => {
  using feed = new FeedBed();
  const pump = feed.run("pump");
  await feed.join(1);
  feed.receive(pump, 0);
  await feed.flush();
  await feed.leave(1);
  const fan = feed.run("fan");
  feed.receive(fan, 0);
  await feed.flush();
  expect([...feed.described]).toEqual([pump.run]);
  await feed.join(2, { devices: ["pump"], channels: [] });
  feed.receive(fan, 1);
  await feed.flush();
  expect([...feed.described]).toEqual([pump.run]);
});
