import { beforeEach, expect, test } from "vitest";
import { type TestApi, testApi } from "../support/api.ts";
import { NOON_US } from "../support/fake-sources.ts";

let api: TestApi;
beforeEach(async () => {
  api = await testApi();
  api.sources.add({ id: "pump-7" }, { id: "fan-1" });
});

const causes = {
  network: 0,
  "socket-overflow": 2,
  "queue-overflow": 0,
  "collector-down": 0,
  gone: 0,
  undetermined: 0,
};

test("blocks of each device come as the reader found them", async () => {
  const blocks = [{ block: 4, missing: 1, recovered: 0, late: 0, causes }];
  const runs = [{ epoch: 3, run: 0, first: 0, last: 99, exactFrom: 0, blocks }];
  api.sources.raster = [{ device: "pump-7", runs }];
  expect((await api.get("/api/v1/raster?device=pump-7&size=20&blocks=5")).json).toEqual({
    asOf: "2026-11-20T11:59:59.800000Z",
    size: 20,
    devices: [{ device: "pump-7", runs }],
  });
});

test("it is as of the last commit before the reader was asked", async () => {
  const { reader } = api.sources;
  const { raster } = reader;
  reader.raster = async (query) => {
    api.sources.asOfUs = NOON_US;
    return await raster(query);
  };
  expect((await api.get("/api/v1/raster?device=pump-7")).json.asOf).toBe("2026-11-20T11:59:59.800000Z");
});

test("devices are asked for once each, unknown ones left out", async () => {
  await api.get("/api/v1/raster?device=fan-1&device=nobody&device=pump-7&device=fan-1");
  expect(api.sources.rasterQueries).toEqual([{ devices: ["fan-1", "pump-7"], size: 10, blocks: 100 }]);
});

test.each(["", "?device=a&size=0", "?device=a&blocks=1001", `?${"device=a&".repeat(201)}`])(
  "/raster%s is refused",
  async (query) => {
    expect((await api.get(`/api/v1/raster${query}`)).json.code).toBe("ERR_PARAMETER");
  },
);

test("events come newest first unless asked otherwise, page by page", async () => {
  const event = { event: 7, atUs: NOON_US, kind: "restart", device: "pump-7", detail: { from: 1, to: 2 } };
  api.sources.eventPage = { events: [event], next: [7] };
  const { json } = await api.get("/api/v1/events?device=pump-7&limit=1");
  expect(json.events).toEqual([
    {
      event: 7,
      time: "2026-11-20T12:00:00.000000Z",
      kind: "restart",
      device: "pump-7",
      detail: { from: 1, to: 2 },
    },
  ]);
  await api.get(`/api/v1/events?cursor=${json.next}`);
  expect(api.sources.eventsQueries.map(({ order, device, after }) => [order, device, after])).toEqual([
    ["desc", "pump-7", null],
    ["desc", null, [7]],
  ]);
  const { status } = await api.get(`/api/v1/events?order=asc&cursor=${json.next}`);
  expect(status).toBe(400);
});

test.each([
  ["sleep", { run: 0, until: NOON_US + 60_000_000 }, { run: 0, until: "2026-11-20T12:01:00.000000Z" }],
  [
    "collector-down",
    { from: NOON_US - 1_000_000, to: NOON_US },
    { from: "2026-11-20T11:59:59.000000Z", to: "2026-11-20T12:00:00.000000Z" },
  ],
  ["collector-down", { from: 0, to: NOON_US }, { from: null, to: "2026-11-20T12:00:00.000000Z" }],
  ["source-changed", { from: "a", to: "b" }, { from: "a", to: "b" }],
  // in a damaged database
  ["collector-down", { from: 1e19, to: "x" }, { from: null, to: null }],
  ["sleep", { damaged: true }, { damaged: true }],
])("times in the detail of %s are told as all others", async (kind, detail, told) => {
  api.sources.eventPage = { events: [{ event: 1, atUs: NOON_US, kind, device: null, detail }], next: null };
  const { json } = await api.get("/api/v1/events");
  expect(json.events[0].detail).toEqual(told);
});

test("too many devices are told how many may be, and not that one may be given once", async () => {
  const devices = Array.from({ length: 201 }, (_, at) => `device=pump-${at}`).join("&");
  const { status, json } = await api.get(`/api/v1/raster?${devices}`);
  expect([status, json.parameters]).toEqual([
    400,
    [{ name: "device", detail: "accepted is device id; repeatable, 1 to 200 of them" }],
  ]);
});
