import { beforeEach, expect, test } from "vitest";
import { type TestApi, testApi } from "../support/api.ts";
import { NOON_US } from "../support/fake-sources.ts";

let api: TestApi;
beforeEach(async () => {
  api = await testApi();
  api.sources.add({ id: "pump-7" });
});

test("the received numbers of each epoch are ranges, of one commit", async () => {
  const set = {
    first: 0,
    last: 9,
    received: [
      [0, 3],
      [5, 9],
    ],
    untold: [],
    missing: [[4, 4]],
  } as const;
  const epochs = [{ epoch: 3, ...set, received: [...set.received], untold: [], missing: [...set.missing] }];
  api.sources.receivedPage = { epochs: epochs as never, hasMore: false, asOfUs: NOON_US };
  expect((await api.get("/api/v1/devices/pump-7/received")).json).toEqual({
    device: "pump-7",
    asOf: "2026-11-20T12:00:00.000000Z",
    epochs,
    next: null,
  });
});

test("further epochs are behind the cursor of the same query", async () => {
  const epochs = [{ epoch: 3, first: 0, last: 0, received: [[0, 0] as const], untold: [], missing: [] }];
  api.sources.receivedPage = { epochs, hasMore: true, asOfUs: NOON_US };
  const { next } = (await api.get("/api/v1/devices/pump-7/received?limit=1")).json;
  await api.get(`/api/v1/devices/pump-7/received?limit=1&cursor=${next}`);
  const query = { device: "pump-7", epoch: null, limit: 1 };
  expect(api.sources.receivedQueries).toEqual([
    { ...query, after: null },
    { ...query, after: 3 },
  ]);
  const other = await api.get(`/api/v1/devices/pump-7/received?epoch=3&cursor=${next}`);
  expect([other.status, other.json.parameters[0].name]).toEqual([400, "cursor"]);
});

test("an epoch that no device can have is refused, a device that is not there unknown", async () => {
  const { status, json } = await api.get("/api/v1/devices/pump-7/received?epoch=4294967296");
  expect([status, json.parameters[0].name]).toEqual([400, "epoch"]);
  expect((await api.get("/api/v1/devices/nobody/received")).json.code).toBe("ERR_UNKNOWN_DEVICE");
});
