import { setImmediate as nextTurn } from "node:timers/promises";
import { beforeEach, describe, expect, test, vi } from "vitest";
import { FleetHistory } from "../../api/fleet/fleet-history.ts";
import { FLEET_SORTS, type FleetSort, FleetTable } from "../../api/fleet/fleet-table.ts";
import type { LedgerSource } from "../../api/sources.ts";
import { zeroCounts } from "../../protocol/ledger-counts.ts";
import { ROW, ROW_FLAG } from "../../protocol/ledger-row.ts";
import { type TestApi, testApi } from "../support/api.ts";
import { NOON_US, rowOf, runOf, usualRow } from "../support/fake-sources.ts";
import { ManualClock } from "../support/manual-clock.ts";

let api: TestApi;
beforeEach(async () => {
  api = await testApi();
  // the table is made anew once a second at most
  api.clock.advanceMs(60_000);
  api.clock.stepWallUs(NOON_US - api.clock.wallUs());
});

const ids = (json: { devices: { id: string }[] }): string[] => json.devices.map(({ id }) => id);

/** A device that used `expected` numbers and lost some of them. */
const deviceWith = (id: string, expected: number, lost: number) => ({
  id,
  runs: [
    runOf({
      row: rowOf({
        FIRST: 0,
        HIGH_WATER: expected - 1,
        IN_ORDER: expected - lost,
        LOST: lost,
        LAST_ARRIVAL: NOON_US - 1_000_000,
        INTERVAL: 100_000,
      }),
    }),
  ],
});

describe("/fleet", () => {
  test("a device is a row with its status, rate, bins and causes", async () => {
    api.sources.add({ id: "pump-7" });
    expect((await api.get("/api/v1/fleet")).json).toEqual({
      asOf: "2026-11-20T11:59:59.800000Z",
      total: 1,
      statuses: { online: 1, stale: 0, offline: 0, unknown: 0 },
      devices: [
        {
          id: "pump-7",
          status: "online",
          announced: null,
          epoch: 3,
          lastSeen: "2026-11-20T11:59:59.000000Z",
          rateHz: 1,
          expected: 100,
          received: 97,
          recovered: 0,
          late: 1,
          missing: 1,
          lost: 2,
          completeness: 0.97,
          causes: {
            network: 0,
            "socket-overflow": 0,
            "queue-overflow": 2,
            "collector-down": 0,
            gone: 0,
            undetermined: 0,
          },
        },
      ],
    });
  });

  test("the table says as of which commit it is, until it is made anew", async () => {
    api.sources.add({ id: "pump-7" });
    const asOf = async (): Promise<string> => (await api.get("/api/v1/fleet")).json.asOf;
    const before = await asOf();
    api.sources.asOfUs = NOON_US;
    expect(await asOf()).toBe(before);
    api.clock.advanceMs(1000);
    expect(await asOf()).toBe("2026-11-20T12:00:00.000000Z");
  });

  test("devices are sorted by any column, what is not known last in either order", async () => {
    api.sources.add(deviceWith("a", 10, 5), deviceWith("b", 10, 1), {
      id: "c",
      runs: [runOf({ row: rowOf({}) })],
    });
    expect(ids((await api.get("/api/v1/fleet?sort=completeness")).json)).toEqual(["a", "b", "c"]);
    expect(ids((await api.get("/api/v1/fleet?sort=completeness&order=desc")).json)).toEqual(["b", "a", "c"]);
    for (const sort of FLEET_SORTS) expect((await api.get(`/api/v1/fleet?sort=${sort}`)).status).toBe(200);
  });

  test.each(["lost", "missing"])(
    "what a device without numbers has %s is not known, and last in either order",
    async (sort) => {
      api.sources.add({
        id: "a",
        runs: [runOf({ row: rowOf({ FLAGS: ROW_FLAG.UNSEQUENCED, UNSEQUENCED: 9 }) })],
      });
      api.sources.add(deviceWith("b", 10, 0), deviceWith("c", 10, 5));
      for (const order of ["asc", "desc"])
        expect(ids((await api.get(`/api/v1/fleet?sort=${sort}&order=${order}`)).json).at(-1)).toBe("a");
    },
  );

  test("search finds a part of an id in any case, the statuses stay those of all", async () => {
    api.sources.add({ id: "Pump-7" }, { id: "fan-1" }, { id: "sump-2" });
    const { json } = await api.get("/api/v1/fleet?search=UMP");
    expect([json.total, ids(json), json.statuses.online]).toEqual([2, ["Pump-7", "sump-2"], 3]);
  });

  test("a page begins at any place", async () => {
    api.sources.add(...["a", "b", "c", "d"].map((id) => ({ id })));
    const { json } = await api.get("/api/v1/fleet?offset=1&limit=2");
    expect([json.total, ids(json)]).toEqual([4, ["b", "c"]]);
    expect((await api.get("/api/v1/fleet?offset=9")).json.devices).toEqual([]);
  });

  test("only devices in a status", async () => {
    const silent = usualRow();
    silent[22] = NOON_US - 600_000_000;
    api.sources.add({ id: "here" }, { id: "gone", runs: [runOf({ row: silent })] });
    expect(ids((await api.get("/api/v1/fleet?status=offline")).json)).toEqual(["gone"]);
  });

  test("a silence that was announced is told from one without a reason", async () => {
    const rows = [0, 1, 2].map(() => usualRow());
    rows[0]![ROW.SLEEP_UNTIL] = NOON_US + 600_000_000;
    rows[1]![ROW.FLAGS] = ROW_FLAG.ENDED;
    rows[2]![ROW.LAST_ARRIVAL] = NOON_US - 600_000_000;
    api.sources.add(...rows.map((row, at) => ({ id: `d${at}`, runs: [runOf({ row })] })));
    expect((await api.get("/api/v1/fleet")).json.devices).toMatchObject([
      { status: "online", announced: "sleep" },
      { status: "offline", announced: "end" },
      { status: "offline", announced: null },
    ]);
  });

  test("a device that is offline has no rate, and is last in either order", async () => {
    const silent = usualRow();
    silent[ROW.LAST_ARRIVAL] = NOON_US - 600_000_000;
    api.sources.add({ id: "gone", rateHz: 500, runs: [runOf({ row: silent })] }, { id: "here", rateHz: 2 });
    for (const order of ["asc", "desc"]) {
      const { json } = await api.get(`/api/v1/fleet?sort=rate&order=${order}`);
      expect(json.devices).toMatchObject([
        { id: "here", rateHz: 2 },
        { id: "gone", rateHz: null },
      ]);
    }
    expect((await api.get("/api/v1/devices/gone")).json.rateHz).toBeNull();
  });

  test("the pass over all devices is made once a second at most", async () => {
    api.sources.add({ id: "a" });
    await api.get("/api/v1/fleet");
    api.sources.add({ id: "b" });
    expect((await api.get("/api/v1/fleet")).json.total).toBe(1);
    api.clock.advanceMs(1001);
    expect((await api.get("/api/v1/fleet")).json.total).toBe(2);
  });

  test("those who ask while it is made share it", async () => {
    const passes = vi.spyOn(api.sources.ledger, "visitDevices");
    await Promise.all(["", "?offset=1", "?sort=lost"].map((query) => api.get(`/api/v1/fleet${query}`)));
    expect(passes).toHaveBeenCalledTimes(1);
    passes.mockRestore();
  });

  test("where it takes long it takes a twentieth of the time", async () => {
    const clock = new ManualClock();
    // two turns of 100 ms
    const visitDevices = vi.fn((_visit: unknown, after: string | null) => {
      clock.advanceMs(100);
      return after === null ? "a" : null;
    });
    const ledger = { down: null, asOfUs: NOON_US, visitDevices } as unknown as LedgerSource;
    const table = new FleetTable(ledger, clock);
    const query = { sort: "id", order: "asc", search: null, status: null, offset: 0, limit: 9 } as const;
    await table.page(query);
    clock.advanceMs(3799);
    await table.page(query);
    expect(visitDevices).toHaveBeenCalledTimes(2);
    clock.advanceMs(1);
    await table.page(query);
    expect(visitDevices).toHaveBeenCalledTimes(4);
  });
});

describe("history", () => {
  const counters = {
    datagrams: 5,
    control: 1,
    shed: 0,
    held: 0,
    rejected: { truncated: 2 },
    refusedReadings: {},
  };
  const view = { counts: { ...zeroCounts(), expected: 7, received: 6 }, counters };

  test("keeps seconds for ten minutes, then coarser steps", () => {
    const history = new FleetHistory();
    for (let second = 0; second <= 1200; second++) history.sample(second * 1e6, view);
    const fine = history.read(1200e6, 600);
    expect([fine.stepSeconds, fine.samples.length]).toEqual([1, 600]);
    const coarse = history.read(1200e6, 3600);
    expect([coarse.stepSeconds, coarse.samples.length]).toEqual([10, 121]);
    expect(history.read(1200e6, 172_800).stepSeconds).toBe(120);
  });

  test.each([60, 3600])("goes on after the wall clock went back, oldest first (%i s)", (span) => {
    const history = new FleetHistory();
    for (const second of [30, 60, 90, 120, 50, 51, 61]) history.sample(second * 1e6, view);
    const times = history.read(61e6, span).samples.map(({ timeUs }) => timeUs / 1e6);
    expect(times).toEqual(span === 60 ? [30, 50, 51, 61] : [30, 50, 61]);
  });

  test("is served from the start on", async () => {
    const { json } = await api.get("/api/v1/history?span=172800");
    expect(json.stepSeconds).toBe(120);
    expect(json.samples[0]).toMatchObject({ expected: expect.any(Number), causes: { network: 0 } });
  });
});

test("a table of very many devices leaves turns to others while it is made", async () => {
  const runs = [runOf()];
  const idOf = (number: number): string => String(number).padStart(5, "0");
  api.sources.add(...Array.from({ length: 10_001 }, (_, number) => ({ id: idOf(number), runs })));
  let turns = 0;
  const count = (): void => {
    turns++;
    turn = setImmediate(count);
  };
  let turn = setImmediate(count);
  const { json } = await api.get("/api/v1/fleet?offset=9999");
  clearImmediate(turn);
  expect(json.total).toBe(10_001);
  expect(json.devices.map(({ id }: { id: string }) => id)).toEqual(["09999", "10000"]);
  expect(turns).toBeGreaterThanOrEqual(2);
});

test("others have their turn while a long table is searched and sorted, once for each order", async () => {
  const runs = [runOf()];
  api.sources.add(...Array.from({ length: 20_001 }, (_, number) => ({ id: `pump-${number}`, runs })));
  const table = new FleetTable(api.sources.ledger, new ManualClock());
  const turnsFor = async (query: { sort: FleetSort; search: string | null }): Promise<number> => {
    let [turns, isDone] = [0, false];
    const asked = table.page({ order: "asc", status: null, offset: 0, limit: 1, ...query }).finally(() => {
      isDone = true;
    });
    for (; !isDone; turns++) await nextTurn();
    await asked;
    return turns;
  };
  await turnsFor({ sort: "id", search: null });
  expect(await turnsFor({ sort: "id", search: "7" })).toBeGreaterThanOrEqual(4);
  expect(await turnsFor({ sort: "lost", search: null })).toBeGreaterThanOrEqual(12);
  expect(await turnsFor({ sort: "lost", search: null })).toBeLessThanOrEqual(1);
});

test("who has left before the turn of its query comes is not sorted for", async () => {
  api.sources.add(...["a", "b"].map((id) => ({ id, runs: [runOf()] })));
  const table = new FleetTable(api.sources.ledger, new ManualClock());
  const client = { destroyed: false, readableEnded: false };
  const ask = (sort: FleetSort, asking?: typeof client) =>
    table.page({ sort, order: "asc", search: null, status: null, offset: 0, limit: 1 }, asking);
  const [first, left, last] = [ask("lost"), ask("rate", client), ask("missing")];
  client.destroyed = true;
  await expect(left).rejects.toMatchObject({ code: "ERR_QUERY_CANCELLED" });
  expect(await Promise.all([first, last])).toMatchObject([{ total: 2 }, { total: 2 }]);
});

test("who has closed its side, and may have left, is sorted for unless others wait that have not", async () => {
  api.sources.add(...["a", "b"].map((id) => ({ id, runs: [runOf()] })));
  const table = new FleetTable(api.sources.ledger, new ManualClock());
  const ask = (sort: FleetSort, readableEnded: boolean) =>
    table.page(
      { sort, order: "asc", search: null, status: null, offset: 0, limit: 1 },
      { destroyed: false, readableEnded },
    );
  // whoever asks first waits for the table to be made, and stands behind the others
  await ask("lost", false);
  const pages = [ask("lost", true), ask("rate", false), ask("lost", true), ask("missing", true)];
  await expect(pages[0]).rejects.toMatchObject({ code: "ERR_QUERY_CANCELLED" });
  expect(await Promise.all(pages.slice(1))).toMatchObject([{ total: 2 }, { total: 2 }, { total: 2 }]);
});
