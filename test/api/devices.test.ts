import { beforeEach, describe, expect, test } from "vitest";
import { ROW_FLAG } from "../../protocol/ledger-row.ts";
import { type Json, type TestApi, testApi } from "../support/api.ts";
import { NOON_US, rowOf, runOf } from "../support/fake-sources.ts";
import { assertRunIdentities } from "../support/identities.ts";

let api: TestApi;
beforeEach(async () => {
  api = await testApi();
  api.sources.add(
    { id: "pump-7" },
    { id: "hall/3 ö", source: "[fe80::1]:4000" },
    {
      id: "silent",
      runs: [runOf({ row: rowOf({ FLAGS: ROW_FLAG.UNSEQUENCED, UNSEQUENCED: 3 }), epoch: null })],
      latest: [],
    },
  );
});

test("a device is shown with status, times, source, epoch, channels and ledger", async () => {
  const { status, json } = await api.get("/api/v1/devices/pump-7");
  expect(status).toBe(200);
  expect(json).toEqual({
    id: "pump-7",
    status: "online",
    announced: null,
    intervalSeconds: 1,
    rateHz: 1,
    firstSeen: "2026-11-20T11:58:20.000000Z",
    lastSeen: "2026-11-20T11:59:59.000000Z",
    source: "10.0.0.9:51234",
    epoch: 3,
    channels: [{ name: "temperature", unit: "Cel" }],
    ledger: expect.objectContaining({ expected: 100, received: 97, missing: 1, lost: 2, completeness: 0.97 }),
  });
  assertRunIdentities(json.ledger);
});

test("an id is percent-encoded UTF-8, slashes included", async () => {
  const { json } = await api.get(`/api/v1/devices/${encodeURIComponent("hall/3 ö")}`);
  expect(json).toMatchObject({ id: "hall/3 ö", source: "[fe80::1]:4000" });
});

test.each([".", ".."])(
  "the id %s, which URLs take for a step, has a control character behind it",
  async (id) => {
    api.sources.add({ id });
    for (const part of ["", "/ledger", "/gaps", "/readings", "/received", "/arrivals"]) {
      const { status } = await api.get(`/api/v1/devices/${id}%7F${part}`);
      expect([part, status]).toEqual([part, 200]);
    }
    expect((await api.get(`/api/v1/devices/${id}%7F`)).json.id).toBe(id);
    expect((await api.get(`/api/v1/devices/pump-7%7F`)).status).toBe(404);
  },
);

test("a device that never had a number has no completeness", async () => {
  const { json } = await api.get("/api/v1/devices/silent");
  expect(json).toMatchObject({
    epoch: null,
    firstSeen: null,
    lastSeen: null,
    ledger: { unsequenced: 3, completeness: null },
  });
});

test("a device that is not there is 404 with a code of its own", async () => {
  const { status, json, headers } = await api.get("/api/v1/devices/nobody");
  expect([status, json.code, headers["content-type"]]).toEqual([
    404,
    "ERR_UNKNOWN_DEVICE",
    "application/problem+json; charset=utf-8",
  ]);
});

test("status is judged by the current run, also when a newer one was heard later", async () => {
  const { sources, clock, get } = await testApi();
  const current = rowOf({ FLAGS: ROW_FLAG.CURRENT, LAST_ARRIVAL: NOON_US, INTERVAL: 1e6 });
  const ended = rowOf({ FLAGS: ROW_FLAG.ENDED, LAST_ARRIVAL: NOON_US + 1 });
  sources.add({ id: "d", runs: [runOf({ epoch: 1, row: current }), runOf({ epoch: 2, row: ended })] });
  expect((await get("/api/v1/devices/d")).json).toMatchObject({ status: "online", epoch: 1 });
  clock.advanceMs(5000);
  expect((await get("/api/v1/devices/d")).json.status).toBe("stale");
  clock.advanceMs(6000);
  expect((await get("/api/v1/devices/d")).json.status).toBe("offline");
});

test("status is of the moment up to which what arrived is shown, however long its commit takes", async () => {
  const { sources, clock, get } = await testApi();
  const row = rowOf({ FLAGS: ROW_FLAG.CURRENT, LAST_ARRIVAL: NOON_US, INTERVAL: 0.1e6 });
  sources.add({ id: "d", runs: [runOf({ epoch: 1, row })] });
  const statuses = async (): Promise<string[]> => {
    // the table is made anew once a second
    clock.advanceMs(1000);
    const [one, ofAll, latest, fleet] = await Promise.all(
      ["devices/d", "devices", "latest", "fleet"].map(async (path) => (await get(`/api/v1/${path}`)).json),
    );
    return [one, ...[ofAll, latest, fleet].map(({ devices }) => devices[0])].map(({ status }) => status);
  };
  sources.heardUntilUs = NOON_US + 50_000;
  clock.advanceMs(10_000);
  expect(new Set(await statuses())).toEqual(new Set(["online"]));
  sources.heardUntilUs = NOON_US + 2_100_000;
  expect(new Set(await statuses())).toEqual(new Set(["offline"]));
});

test("a sleep is over by the moment its device's status is of, not by the clock", async () => {
  const { sources, clock, get } = await testApi();
  const row = rowOf({
    FLAGS: ROW_FLAG.CURRENT,
    LAST_ARRIVAL: NOON_US,
    SLEEP_UNTIL: NOON_US + 60e6,
    INTERVAL: 0.1e6,
  });
  sources.add({ id: "d", runs: [runOf({ epoch: 1, row })] });
  const told = async (): Promise<unknown[]> => {
    clock.advanceMs(1000);
    const [one, fleet] = await Promise.all(
      ["devices/d", "fleet"].map(async (path) => (await get(`/api/v1/${path}`)).json),
    );
    return [one, fleet.devices[0]].map(({ status, announced }) => [status, announced]);
  };
  clock.advanceMs(70_000);
  sources.heardUntilUs = NOON_US + 59e6;
  expect(await told()).toEqual(Array(2).fill(["online", "sleep"]));
  sources.heardUntilUs = NOON_US + 63e6;
  expect(await told()).toEqual(Array(2).fill(["offline", null]));
});

describe("pages", () => {
  const paged = async (path: string, limit: number) => {
    const { sources, get } = await testApi();
    sources.add(...["c", "a", "e", "b", "d"].map((id) => ({ id })));
    const page = async (cursor: string | null): Promise<Json> =>
      (await get(`${path}?limit=${limit}${cursor === null ? "" : `&cursor=${cursor}`}`)).json;
    return { sources, page };
  };
  const ids = (json: Json): string[] => json.devices.map(({ id }: { id: string }) => id);

  test.each(["/api/v1/devices", "/api/v1/latest"])(
    "%s gives every device once, by id, and ends with null",
    async (path) => {
      const { page } = await paged(path, 2);
      const first = await page(null);
      const second = await page(first.next);
      const third = await page(second.next);
      expect([first, second, third].map(ids)).toEqual([["a", "b"], ["c", "d"], ["e"]]);
      expect(third.next).toBeNull();
    },
  );

  test.each(["/api/v1/devices?", "/api/v1/devices?sort=id&", "/api/v1/latest?"])(
    "%s a page of devices with very many channels is shorter than its limit, and the pages lose and repeat none",
    async (url) => {
      const channels = Array.from({ length: 1024 }, (_, channel) => ({ name: `ch${channel}`, unit: "" }));
      const ids = Array.from({ length: 100 }, (_, index) => `wide-${String(index).padStart(3, "0")}`);
      api.sources.reset();
      api.sources.add(...ids.map((id) => ({ id, channels, latestCount: channels.length })));
      // the table that lists are made from is made anew once a second
      api.clock.advanceMs(1001);
      const pages: string[][] = [];
      let cursor = "";
      do {
        const { json } = await api.get(`${url}limit=1000${cursor}`);
        pages.push(json.devices.map(({ id }: { id: string }) => id));
        cursor = json.next === null ? "" : `&cursor=${json.next}`;
      } while (cursor !== "");
      expect(pages.map(({ length }) => length)).toEqual([48, 48, 4]);
      expect(pages.flat()).toEqual(ids);
    },
  );

  test("a page of newest values goes by these, which are of all epochs of a device", async () => {
    const ids = Array.from({ length: 20 }, (_, index) => `restarted-${String(index).padStart(2, "0")}`);
    api.sources.reset();
    api.sources.add(...ids.map((id) => ({ id, latestCount: 8192 })));
    const { json } = await api.get("/api/v1/latest?limit=1000");
    expect(json.devices).toHaveLength(6);
    const next = await api.get(`/api/v1/latest?limit=1000&cursor=${json.next}`);
    expect(next.json.devices[0].id).toBe("restarted-06");
  });

  test("a page that ends with the last device has no next", async () => {
    const { page } = await paged("/api/v1/devices", 5);
    expect((await page(null)).next).toBeNull();
  });

  test("devices that come and go between pages neither repeat nor hide others", async () => {
    const { page, sources } = await paged("/api/v1/devices", 2);
    const first = await page(null);
    sources.remove("b");
    sources.add({ id: "aa" }, { id: "bb" });
    const second = await page(first.next);
    expect(ids(second)).toEqual(["bb", "c"]);
  });

  test("a cursor of another list is refused", async () => {
    const { page } = await paged("/api/v1/devices", 2);
    const { next } = await page(null);
    const { status, json } = await api.get(`/api/v1/latest?cursor=${next}`);
    expect([status, json.parameters[0].name]).toEqual([400, "cursor"]);
  });
});

describe("latest values", () => {
  test.each([
    ["rfc3339", '"2026-11-20T11:59:59.000000Z"'],
    ["us", "1795175999000000"],
    ["ms", "1795175999000"],
  ])("have times as %s", async (time, text) => {
    expect((await api.get(`/api/v1/latest?time=${time}`)).text).toContain(`"time":${text},`);
  });

  test("newest values with their units, age and status", async () => {
    const { json } = await api.get("/api/v1/latest");
    expect(json.devices[1]).toEqual({
      id: "pump-7",
      time: "2026-11-20T11:59:59.000000Z",
      ageSeconds: 1,
      status: "online",
      values: { temperature: 21.5 },
      units: { temperature: "Cel" },
    });
  });

  test("a device without values is listed with none", async () => {
    const { json } = await api.get("/api/v1/latest");
    expect(json.devices[2]).toMatchObject({
      id: "silent",
      time: null,
      ageSeconds: null,
      values: {},
      units: {},
    });
  });

  test("values JSON has no number for are strings, -0 and booleans stay what they are", async () => {
    const { sources, get } = await testApi();
    const values = [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, -0, true, 5e-324];
    const latest = values.map((value, index) => ({ name: `v${index}`, unit: "", value, timeUs: NOON_US }));
    sources.add({ id: "d", latest });
    const { text } = await get("/api/v1/latest");
    expect(text).toContain(
      '"values":{"v0":"NaN","v1":"Infinity","v2":"-Infinity","v3":-0,"v4":true,"v5":5e-324}',
    );
  });

  test("a device whose clock is ahead has age 0", async () => {
    const { sources, get } = await testApi();
    sources.add({ id: "d", latest: [{ name: "a", unit: "", value: 1, timeUs: NOON_US + 5_000_000 }] });
    expect((await get("/api/v1/latest")).json.devices[0].ageSeconds).toBe(0);
  });
});

describe("how the numbers of a device arrive", () => {
  test("is told with its clocks' offset apart from the spread", async () => {
    api.sources.arrivals = {
      epoch: 3,
      run: 0,
      transit: { pairs: 4, jitterUs: 420.4, meanUs: -1_198_300, leastUs: -1_200_000, greatestUs: -1_188_000 },
      isRelative: false,
      reordering: {
        count: 1,
        greatestExtent: 3,
        meanExtent: 3,
        greatestDelayUs: 18_000,
        atLeast: [1, 1, 1, 0, 0, 0, 0, 0],
      },
    };
    const { json } = await api.get("/api/v1/devices/pump-7/arrivals");
    expect(json).toEqual({
      device: "pump-7",
      epoch: 3,
      run: 0,
      transit: {
        pairs: 4,
        jitterSeconds: 0.00042,
        meanSeconds: -1.1983,
        leastSeconds: -1.2,
        greatestSeconds: -1.188,
        spreadSeconds: 0.012,
        isRelative: false,
      },
      reordering: {
        count: 1,
        greatestExtent: 3,
        meanExtent: 3,
        greatestDelaySeconds: 0.018,
        nReordering: [1, 1, 1, 0, 0, 0, 0, 0],
      },
    });
  });

  test("is not known of a device that was not heard lately", async () => {
    api.sources.arrivals = null;
    const { json } = await api.get("/api/v1/devices/pump-7/arrivals");
    expect(json).toMatchObject({ epoch: null, run: null, transit: null, reordering: { count: 0 } });
  });

  test("of a device that is not there is 404", async () => {
    expect((await api.get("/api/v1/devices/nobody/arrivals")).status).toBe(404);
  });
});
