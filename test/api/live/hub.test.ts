import { ServerResponse } from "node:http";
import { afterEach, describe, expect, test, vi } from "vitest";
import type { FromFeed } from "../../../api/live/messages.ts";
import type { LiveGap } from "../../../api/sources.ts";
import { NOON_US } from "../../support/fake-sources.ts";
import { FakeResponse, startHub } from "../../support/hub-bed.ts";
import type { LiveStream } from "../../support/live-client.ts";
import { noThread } from "../../support/refused-threads.ts";

/** more than may wait for a client */
const TOO_MUCH = 5 * 2 ** 20;

let bed: Awaited<ReturnType<typeof startHub>>;
afterEach(async () => {
  vi.useRealTimers();
  await bed.stop();
});

/** The hub's timers are the test's to move; `goes` waits until a client has gone. */
const fakeTimers = (): void => {
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout", "setInterval", "clearInterval"] });
};
const goes = async (stream: LiveStream, left: number): Promise<void> => {
  stream.close();
  while (bed.hub.clients > left) await new Promise((resolve) => setImmediate(resolve));
};

const textOf = (data: unknown): Uint8Array<ArrayBuffer> =>
  new TextEncoder().encode(`id: 1-0-1-0\nevent: reading\ndata: ${JSON.stringify(data)}\n\n`);
const atEnd = (client: number): FromFeed => ({
  type: "missed",
  client,
  position: "0-0",
  text: new Uint8Array(),
  skipped: null,
  isAtEnd: true,
});

describe("ledgers", () => {
  test("a client is told the fleet's at once, and again when it changed", async () => {
    bed = await startHub();
    bed.sources.add({ id: "pump" });
    // nothing was ever committed
    bed.sources.asOfUs = 0;
    const stream = await bed.open({ events: ["ledger"] });
    await stream.until((events) => events.length === 1);
    bed.commit(1);
    bed.sources.counters = { ...bed.sources.counters, datagrams: 5 };
    bed.sources.asOfUs = NOON_US;
    bed.commit(2);
    await stream.until((events) => events.length === 2);
    expect(
      stream.events.map(({ event, data }) => [event, data.device, data.asOf, data.total.datagrams]),
    ).toEqual([
      ["ledger", null, null, 0],
      ["ledger", null, "2026-11-20T12:00:00.000000Z", 5],
    ]);
  });

  test("one that was too slow is told the newest once it can take it, also when nothing changed since", async () => {
    bed = await startHub();
    bed.sources.add({ id: "pump" });
    fakeTimers();
    const response = new FakeResponse();
    response.writableLength = TOO_MUCH;
    response.follow(bed.hub, "ledger");
    vi.advanceTimersByTime(500);
    response.writableLength = 0;
    vi.advanceTimersByTime(1500);
    expect(response.sent).toEqual(["retry: 2000\n\n", expect.stringMatching(/^event: ledger\n/)]);
  });

  test("a client that names devices is told theirs", async () => {
    bed = await startHub();
    bed.sources.add({ id: "pump" }, { id: "fan" });
    const stream = await bed.open({ events: ["ledger"], devices: ["nobody", "pump"] });
    await stream.until((events) => events.length > 0);
    expect(stream.events.map(({ data }) => [data.device, data.total.expected])).toEqual([["pump", 100]]);
  });
});

test("gaps are told by device, numbers that arrived side by side as one", async () => {
  bed = await startHub();
  const run = { deviceNumber: 1, epoch: 3, index: 0, isUnsequenced: false, names: new Map() };
  bed.sources.runs.set(1, { ...run, device: "pump" });
  bed.sources.runs.set(2, { ...run, device: "fan" });
  const stream = await bed.open({ events: ["gap"], devices: ["pump"] });
  const gap = {
    run: 1,
    arrival: null,
    cause: "queue-overflow",
    openedAtUs: NOON_US - 250_000,
    atUs: NOON_US,
    requests: 0,
  } as const;
  bed.commit(1, [
    { ...gap, run: 2, first: 1, last: 1, cause: "gone" },
    { ...gap, first: 4, last: 6 },
    { ...gap, first: 4, last: 4, arrival: "late" },
    { ...gap, first: 5, last: 5, arrival: "late" },
    { ...gap, first: 6, last: 6, arrival: "recovered", requests: 3 },
  ]);
  await stream.until((events) => events.length === 3);
  expect(stream.events.map(({ data }) => data)).toEqual([
    {
      device: "pump",
      epoch: 3,
      run: 0,
      first: 4,
      last: 6,
      count: 3,
      state: "lost",
      cause: "queue-overflow",
      openedAt: "2026-11-20T11:59:59.750000Z",
      at: "2026-11-20T12:00:00.000000Z",
      arrival: null,
      requests: 0,
    },
    expect.objectContaining({
      first: 4,
      last: 5,
      count: 2,
      state: "filled",
      arrival: "late",
      cause: "queue-overflow",
      openedAt: "2026-11-20T11:59:59.750000Z",
    }),
    expect.objectContaining({ first: 6, last: 6, state: "filled", arrival: "recovered", requests: 3 }),
  ]);
});

test("the gaps of a commit take one write for each client, however many they are", async () => {
  bed = await startHub();
  const run = { deviceNumber: 1, epoch: 3, index: 0, isUnsequenced: false, names: new Map() };
  const devices = ["pump", "fan", "mixer"];
  for (const [index, device] of devices.entries()) bed.sources.runs.set(index, { ...run, device });
  const wishes = [{}, {}, { devices: ["fan"] }, { devices: ["mixer", "pump"] }, { devices: ["nobody"] }];
  const streams: LiveStream[] = [];
  for (const wish of wishes) streams.push(await bed.open({ ...wish, events: ["gap"] }));
  const times = { openedAtUs: NOON_US, atUs: NOON_US };
  const gaps: LiveGap[] = Array.from({ length: 60 }, (_, n) => ({
    ...{ run: n % 3, first: n, last: n, arrival: null, cause: "network", requests: 0, ...times },
  }));
  const write = vi.spyOn(ServerResponse.prototype, "write");
  bed.commit(1, gaps);
  expect(write).toHaveBeenCalledTimes(4);
  write.mockRestore();
  const told: string[][] = [];
  for (const [at, count] of [60, 60, 20, 40].entries()) {
    await streams[at]!.until((events) => events.length === count);
    told.push(streams[at]!.events.map(({ data }) => `${data.device} ${data.first}`));
  }
  const all = gaps.map(({ run, first }) => `${devices[run]} ${first}`);
  const without = (device: string) => all.filter((gap) => !gap.startsWith(device));
  expect(told).toEqual([all, all, all.filter((gap) => gap.startsWith("fan")), without("fan")]);
});

test("of a commit with very many gaps the first are told, and that there were more", async () => {
  bed = await startHub();
  const run = { device: "pump", deviceNumber: 1, epoch: 3, index: 0, isUnsequenced: false };
  bed.sources.runs.set(1, { ...run, names: new Map() });
  const stream = await bed.open({ events: ["gap"] });
  const gaps = Array.from({ length: 1001 }, (_, index): LiveGap => {
    const [first, atUs] = [2 * index, NOON_US - 1_000_000 + index];
    return {
      ...{ run: 1, first, last: first, arrival: null, cause: "network", requests: 0 },
      ...{ openedAtUs: NOON_US - 2_000_000, atUs },
    };
  });
  bed.commit(1, gaps.slice(0, 1000));
  // another worker's come behind all of the first one's, though they closed meanwhile
  bed.commit(2, [...gaps, { ...gaps[0]!, first: 5000, last: 5000, atUs: NOON_US - 999_500 }]);
  await stream.until((events) => events.length === 2001);
  const told = gaps.slice(0, 1000).map(({ first }) => first);
  expect(stream.of("gap").map(({ data }) => data.first)).toEqual([...told, ...told]);
  expect(stream.events[2000]).toMatchObject({
    event: "skipped",
    data: {
      event: "gap",
      reason: "too-many",
      from: "2026-11-20T11:59:59.000500Z",
      to: "2026-11-20T12:00:00.000000Z",
    },
  });
});

test("with nothing to tell, a heartbeat moves the place of a client every 15 seconds, as long as there is one", async () => {
  bed = await startHub();
  fakeTimers();
  const stream = await bed.open({ events: ["reading"] });
  const other = await bed.open({ events: ["gap"] });
  bed.tell(atEnd(1));
  bed.tell({ type: "told", position: "8-0", texts: [[[9], textOf("of another filter")]] });
  vi.advanceTimersByTime(14_999);
  expect(stream.lastEventId).not.toBe("8-0");
  vi.advanceTimersByTime(1);
  await stream.until(() => stream.lastEventId === "8-0");
  expect(stream.events).toEqual([]);
  await goes(other, 1);
  await goes(stream, 0);
  vi.advanceTimersByTime(60_000);
  expect(vi.getTimerCount()).toBe(0);
});

test("there is room for so many clients; those that find none are counted", async () => {
  bed = await startHub();
  const streams = [await bed.open(), await bed.open({ events: ["gap"] }), await bed.open()];
  expect(() => bed.hub.assertRoom()).toThrow("3 clients are connected to the live feed already");
  await goes(streams[0]!, 2);
  bed.hub.assertRoom();
  expect([bed.hub.clients, bed.hub.refusedClients]).toEqual([2, 1]);
});

describe("readings", () => {
  test("runs with very many names are described a part at a time", async () => {
    bed = await startHub();
    const names = new Map(Array.from({ length: 1024 }, (_, channel) => [channel, `name ${channel}`]));
    const run = { device: "pump", deviceNumber: 1, epoch: 3, index: 0, isUnsequenced: false };
    for (let number = 1; number <= 50; number++) bed.sources.runs.set(number, { ...run, names });
    const stream = await bed.open({ events: ["reading"] });
    bed.tell({ type: "describe", runs: [99, ...bed.sources.runs.keys()] });
    const answer = bed.posted.at(-1);
    expect(answer).toEqual({ type: "described", runs: [null, ...Array(10).fill({ ...run, names })] });
    stream.close();
  });

  test("a client has a place to come again to before anything is told", async () => {
    bed = await startHub();
    const stream = await bed.open({ events: ["reading", "gap"] });
    bed.sources.runs.set(1, {
      ...{ device: "pump", deviceNumber: 1, epoch: 3, index: 0, isUnsequenced: false, names: new Map() },
    });
    bed.tell({ ...atEnd(1), position: "7-0" } as FromFeed);
    const times = { openedAtUs: NOON_US, atUs: NOON_US };
    bed.commit(8, [
      { run: 1, first: 1, last: 1, arrival: null, cause: "network", requests: 0, ...times } as LiveGap,
    ]);
    await stream.until((events) => events.length === 1);
    expect(stream.lastEventId).toBe("7-0");
  });

  test("nobody who wants them: no thread; somebody: it is asked from where he left", async () => {
    bed = await startHub();
    await bed.open({ events: ["gap"] });
    expect(bed.posted).toEqual([]);
    await bed.open({ events: ["reading"], after: "7-0-1-2" });
    expect(bed.posted).toMatchObject([{ type: "join", after: "7-0-1-2" }]);
  });

  test("a client that is too slow is told what it missed once it has taken what waited", async () => {
    bed = await startHub();
    const stream = await bed.open({ events: ["reading"] });
    bed.tell(atEnd(1));
    stream.pause();
    // more than the buffers of both sockets take, so that it waits in this process
    const large = textOf("x".repeat(16 * 2 ** 20));
    const tell = (flush: number, text: Uint8Array<ArrayBuffer>) =>
      bed.tell({ type: "told", position: `${flush}-0`, texts: [[[1], text]] });
    tell(1, large);
    tell(2, textOf("missed"));
    tell(3, textOf("missed too"));
    expect(bed.posted.map(({ type }) => type)).toEqual(["join", "leave"]);
    stream.resume();
    await stream.until((events) => events.length === 1);
    while (bed.posted.length < 3) await new Promise((resolve) => setImmediate(resolve));
    expect(bed.posted[2]).toMatchObject({ type: "join", client: 1, after: "1-0" });
    bed.tell({ ...atEnd(1), text: textOf("missed"), position: "3-0" } as FromFeed);
    tell(4, textOf("new"));
    await stream.until((events) => events.length === 3);
    expect(stream.events.slice(1).map(({ data }) => data)).toEqual(["missed", "new"]);
  });

  test("the thread does not outlive its last client for longer when others come and go", async () => {
    bed = await startHub();
    fakeTimers();
    await goes(await bed.open({ events: ["reading"] }), 0);
    vi.advanceTimersByTime(40_000);
    await goes(await bed.open({ events: ["ledger"] }), 0);
    expect(bed.closed).toHaveLength(0);
    vi.advanceTimersByTime(20_000);
    expect(bed.closed).toHaveLength(1);
  });

  test("the thread goes on while one of its clients stays", async () => {
    bed = await startHub();
    fakeTimers();
    await bed.open({ events: ["reading"] });
    await goes(await bed.open({ events: ["reading"] }), 1);
    vi.advanceTimersByTime(3_600_000);
    expect(bed.closed).toEqual([]);
  });

  test("the thread goes on with a client that comes within a minute after the last one went", async () => {
    bed = await startHub();
    fakeTimers();
    await goes(await bed.open({ events: ["reading"] }), 0);
    vi.advanceTimersByTime(59_000);
    const stream = await bed.open({ events: ["reading"] });
    vi.advanceTimersByTime(120_000);
    expect([bed.threads.length, bed.closed.length]).toEqual([1, 0]);
    expect(bed.posted).toMatchObject([
      { type: "join", client: 1 },
      { type: "leave", client: 1 },
      { type: "join", client: 2 },
    ]);
    stream.close();
  });

  test("a thread that died is logged, and one after the other every ten seconds", async () => {
    bed = await startHub();
    for (const waitMs of [0, 2000, 2000, 10_000]) {
      bed.clock.advanceMs(waitMs);
      const stream = await bed.open({ events: ["reading"] });
      bed.fail();
      await stream.ended;
    }
    expect(bed.logged).toEqual([
      ["died", 0],
      ["died", 2],
    ]);
  });

  test("a thread that the system does not allow is as one that died: its client comes again", async () => {
    bed = await startHub();
    bed.refused.push(noThread());
    const stream = await bed.open({ events: ["reading"] });
    await stream.ended;
    expect(bed.logged).toEqual([["EAGAIN", 0]]);
    await bed.open({ events: ["reading"] });
    expect(bed.threads).toHaveLength(1);
  });

  test("what a thread says that is gone is not of its successor", async () => {
    bed = await startHub();
    const first = await bed.open({ events: ["reading"] });
    bed.fail();
    await first.ended;
    const stream = await bed.open({ events: ["reading"] });
    const [old] = bed.threads;
    bed.tell(atEnd(2));
    old!.message({ type: "told", position: "8-0", texts: [[[2], textOf("of the old one")]] });
    old!.failed(new Error("died again"));
    bed.tell({ type: "told", position: "9-0", texts: [[[2], textOf("of the new one")]] });
    await stream.until((events) => events.length > 0);
    expect(stream.events.map(({ data }) => data)).toEqual(["of the new one"]);
  });

  test("a client is told what was left out for it; what it missed comes as it takes it, and before what all are told", async () => {
    bed = await startHub();
    const stream = await bed.open({ events: ["reading"], after: "7-0" });
    const missed = { type: "missed", client: 1, position: "8-0", skipped: null, isAtEnd: false } as const;
    bed.tell({ ...missed, text: textOf("missed") });
    expect(bed.posted.slice(1)).toEqual([{ type: "more", client: 1 }]);
    bed.tell({ type: "told", position: "9-0", texts: [[[1], textOf("missed too")]] });
    bed.tell({ ...missed, client: 99, text: textOf("of one that went") });
    const skipped = { reason: "too-old", fromUs: null, toUs: NOON_US } as const;
    bed.tell({ ...atEnd(1), skipped } as FromFeed);
    bed.tell({ type: "told", position: "10-0", texts: [[[1], textOf("new")]] });
    await stream.until((events) => events.length === 3);
    expect(stream.events.map(({ event, data }) => [event, data])).toEqual([
      ["reading", "missed"],
      ["skipped", { event: "reading", reason: "too-old", from: null, to: "2026-11-20T12:00:00.000000Z" }],
      ["reading", "new"],
    ]);
    expect(bed.posted).toHaveLength(2);
  });

  test("the thread is told of each commit: whose the new runs are, and which devices changed", async () => {
    bed = await startHub();
    const run = { device: "pump", deviceNumber: 1, epoch: 3, index: 0, isUnsequenced: false };
    bed.sources.runs.set(4, { ...run, names: new Map() });
    await bed.open({ events: ["reading"] });
    bed.commit(8, [], { newRuns: [4, 5], changedDevices: [1, 2] });
    expect(bed.posted.slice(1)).toEqual([
      { type: "flush", flush: 8, newRuns: [[4, "pump"]], changedDevices: [1, 2] },
    ]);
  });

  test("one that went while it was behind is not asked for again", async () => {
    bed = await startHub();
    const response = new FakeResponse();
    response.follow(bed.hub, "reading");
    bed.tell(atEnd(1));
    response.writableLength = TOO_MUCH;
    bed.tell({ type: "told", position: "8-0", texts: [] });
    expect(bed.hub.slowClients).toBe(0);
    for (const flush of [9, 10])
      bed.tell({ type: "told", position: `${flush}-0`, texts: [[[1], textOf("too much")]] });
    expect(bed.hub.slowClients).toBe(1);
    response.emit("close");
    response.writableLength = 0;
    response.emit("drain");
    expect(bed.posted.map(({ type }) => type)).toEqual(["join", "leave", "leave"]);
  });

  test("when the thread dies its clients come again", async () => {
    bed = await startHub();
    const reading = await bed.open({ events: ["reading"] });
    const other = await bed.open({ events: ["ledger"] });
    bed.fail();
    await reading.ended;
    bed.commit(1);
    await other.until((events) => events.length === 1);
    expect(bed.hub.clients).toBe(1);
  });
});

test("a stop ends every stream", async () => {
  bed = await startHub();
  const streams = [await bed.open(), await bed.open({ events: ["gap"] })];
  await bed.sources.listener!.closing();
  await Promise.all(streams.map((stream) => stream.ended));
  expect(() => bed.hub.assertRoom()).toThrow(/stopping/);
  expect(bed.closed).toHaveLength(1);
});
