import { beforeEach, describe, expect, test } from "vitest";
import { LacunaError } from "../../common/errors.ts";
import { type TestApi, testApi } from "../support/api.ts";
import { NOON_US } from "../support/fake-sources.ts";

let api: TestApi;
beforeEach(async () => {
  api = await testApi();
  api.sources.add({ id: "pump-7" });
  api.sources.series = { unit: "Cel", text: Buffer.from('"stepSeconds":1,"buckets":[]') };
});
const URL = "/api/v1/devices/pump-7/series";

test("a series names its device, channel and unit", async () => {
  const { status, headers, json } = await api.get(`${URL}?channel=temperature`);
  expect([status, headers["content-type"]]).toEqual([200, "application/json; charset=utf-8"]);
  expect(json).toEqual({
    device: "pump-7",
    channel: "temperature",
    unit: "Cel",
    stepSeconds: 1,
    buckets: [],
  });
});

test("without points and step there are 500 points over all that is stored", async () => {
  await api.get(`${URL}?channel=a%2Fb`);
  expect(api.sources.seriesQueries).toEqual([
    {
      device: "pump-7",
      channel: "a/b",
      fromUs: null,
      toUs: null,
      nowUs: NOON_US,
      division: { points: 500 },
    },
  ]);
});

test("span and step reach the reader", async () => {
  await api.get(`${URL}?channel=a&from=2026-11-20T12:00:00Z&to=2026-11-21&step=1.5m`);
  expect(api.sources.seriesQueries[0]).toMatchObject({
    fromUs: NOON_US,
    toUs: NOON_US + 43_200_000_000,
    division: { stepUs: 90_000_000 },
  });
});

test("a span without length is one: it ends not before it begins", async () => {
  const { status } = await api.get(`${URL}?channel=a&from=2026-11-20T12:00:00Z&to=2026-11-20T12:00:00Z`);
  expect(status).toBe(200);
  expect(api.sources.seriesQueries[0]).toMatchObject({ fromUs: NOON_US, toUs: NOON_US });
});

test("a span from the year 1 to 9999 is that of all times that are exact", async () => {
  const { sources, get } = await testApi();
  sources.add({ id: "pump-7" });
  sources.series = { unit: "Cel", text: Buffer.from('"buckets":[]') };
  const url = "/api/v1/devices/pump-7/series?channel=temperature";
  await get(`${url}&from=0001-01-01T00:00:00Z&to=9999-12-31`);
  expect(sources.seriesQueries[0]).toMatchObject({ fromUs: 0, toUs: Number.MAX_SAFE_INTEGER });
  expect((await get(`${url}&from=9999-12-31&to=9999-12-30`)).json.code).toBe("ERR_PARAMETER");
});

describe("method=lttb", () => {
  beforeEach(() => {
    api.sources.points = { unit: "Cel", text: Buffer.from('"points":[]') };
  });

  test("asks for readings, 500 of them unless told otherwise", async () => {
    const { json } = await api.get(`${URL}?channel=a&method=lttb&from=2026-11-20T12:00:00Z`);
    expect(json).toEqual({ device: "pump-7", channel: "a", unit: "Cel", points: [] });
    await api.get(`${URL}?channel=a&method=lttb&points=2`);
    const span = { fromUs: NOON_US, toUs: null, nowUs: NOON_US };
    const query = { device: "pump-7", channel: "a", ...span, points: 500 };
    expect(api.sources.pointsQueries).toEqual([query, { ...query, fromUs: null, points: 2 }]);
    expect(api.sources.seriesQueries).toEqual([]);
  });

  test.each([
    ["step=1m", "step"],
    ["points=1", "points"],
    ["points=10001", "points"],
  ])("%s is 400 naming the parameter", async (query, name) => {
    const { status, json } = await api.get(`${URL}?channel=a&method=lttb&${query}`);
    expect([status, json.parameters[0].name]).toEqual([400, name]);
  });

  test("a channel nobody knows is 404", async () => {
    api.sources.points = null;
    expect((await api.get(`${URL}?channel=a&method=lttb`)).json.code).toBe("ERR_UNKNOWN_CHANNEL");
  });
});

test.each(["rfc3339", "us", "ms"])("time=%s reaches the reader", async (time) => {
  for (const method of ["buckets", "lttb"]) {
    await api.get(`${URL}?channel=a&method=${method}&time=${time}`);
    expect(api.sources.seriesTime).toBe(time);
  }
});

test.each([
  ["", "channel"],
  ["channel=a&method=mean", "method"],
  ["channel=a&time=s", "time"],
  ["channel=", "channel"],
  ["channel=a&channel=b", "channel"],
  ["channel=a&points=0", "points"],
  ["channel=a&points=10001", "points"],
  ["channel=a&points=1.5", "points"],
  ["channel=a&step=5", "step"],
  ["channel=a&step=0s", "step"],
  ["channel=a&step=6000w", "step"],
  ["channel=a&step=1m&points=5", "step"],
  ["channel=a&from=noon", "from"],
  ["channel=a&limit=5", "limit"],
])("%s is 400 naming the parameter", async (query, name) => {
  const { status, json } = await api.get(`${URL}?${query}`);
  expect([status, json.parameters[0].name]).toEqual([400, name]);
});

test("an unknown device and an unknown channel are 404, told apart", async () => {
  expect((await api.get("/api/v1/devices/nobody/series?channel=a")).json.code).toBe("ERR_UNKNOWN_DEVICE");
  api.sources.series = null;
  const { status, json } = await api.get(`${URL}?channel=a`);
  expect([status, json.code, json.detail]).toEqual([
    404,
    "ERR_UNKNOWN_CHANNEL",
    'the device "pump-7" has no channel "a"',
  ]);
});

test.each([
  ["ERR_QUERY_TIMEOUT", 503, "ERR_QUERY_TIMEOUT"],
  ["ERR_QUERY_TOO_LARGE", 422, "ERR_QUERY_TOO_LARGE"],
  ["ERR_READER_BUSY", 503, "ERR_UNAVAILABLE"],
])("%s of the reader is %i", async (code, expected, answered) => {
  api.sources.failure = new LacunaError(code, "one clear sentence");
  const { status, json } = await api.get(`${URL}?channel=a`);
  expect([status, json.code]).toEqual([expected, answered]);
});

test("a step that makes too many buckets is 400 naming it", async () => {
  api.sources.failure = new LacunaError("ERR_SERIES_STEP", "accepted is a longer step");
  const { status, json } = await api.get(`${URL}?channel=a&step=1ms`);
  expect([status, json.parameters]).toEqual([400, [{ name: "step", detail: "accepted is a longer step" }]]);
});
