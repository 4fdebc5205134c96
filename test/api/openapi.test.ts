import { beforeEach, describe, expect, test } from "vitest";
import { points as pointsText, series } from "../../api/answers/answer-texts.ts";
import { parsePlace } from "../../api/live/position.ts";
import { Buckets } from "../../db/series/buckets.ts";
import { type Json, type TestApi, testApi } from "../support/api.ts";
import { NOON_US } from "../support/fake-sources.ts";
import { answerMistakes, openapiMistakes, operationsOf } from "../support/openapi.ts";

let api: TestApi;
beforeEach(async () => {
  api = await testApi();
});

const document = async () => (await api.get("/openapi.json")).json;

test("the document keeps the structure of OpenAPI 3.1", async () => {
  expect(openapiMistakes(await document())).toEqual([]);
});

test("every route is in it", async () => {
  expect(
    operationsOf(await document())
      .map(({ name }) => name)
      .sort(),
  ).toEqual(
    [
      "GET /api/v1",
      "GET /api/v1/events",
      "GET /api/v1/fleet",
      "GET /api/v1/history",
      "GET /api/v1/raster",
      "GET /api/v1/devices",
      "GET /api/v1/devices/{id}",
      "GET /api/v1/devices/{id}/arrivals",
      "GET /api/v1/devices/{id}/gaps",
      "GET /api/v1/devices/{id}/ledger",
      "GET /api/v1/devices/{id}/readings",
      "GET /api/v1/devices/{id}/received",
      "GET /api/v1/devices/{id}/series",
      "GET /api/v1/gaps",
      "GET /api/v1/latest",
      "GET /api/v1/ledger",
      "GET /api/v1/live",
      "GET /api/v1/status",
      "GET /livez",
      "GET /metrics",
      "GET /openapi.json",
      "GET /readyz",
    ].sort(),
  );
});

test("every route says with which statuses it may answer", async () => {
  const { paths } = await document();
  const statuses = Object.entries<{ get: { responses: object } }>(paths).map(([path, { get }]) => [
    path,
    Object.keys(get.responses)
      .filter((status) => status !== "200" && status !== "default")
      .join(" "),
  ]);
  const [any, stored] = ["400 401 421 429 500", "400 401 421 429 500 503"];
  const [ofDevice, storedOfDevice] = ["400 401 404 421 429 500", "400 401 404 421 429 500 503"];
  expect(Object.fromEntries(statuses)).toEqual({
    "/api/v1": any,
    "/api/v1/devices": any,
    "/api/v1/devices/{id}": ofDevice,
    "/api/v1/devices/{id}/arrivals": ofDevice,
    "/api/v1/devices/{id}/gaps": `304 ${storedOfDevice}`,
    "/api/v1/devices/{id}/ledger": `304 ${ofDevice}`,
    "/api/v1/devices/{id}/readings": "304 400 401 404 409 421 422 429 500 503",
    "/api/v1/devices/{id}/received": `304 ${storedOfDevice}`,
    "/api/v1/devices/{id}/series": "304 400 401 404 421 422 429 500 503",
    "/api/v1/events": stored,
    "/api/v1/fleet": any,
    "/api/v1/gaps": `304 ${stored}`,
    "/api/v1/history": any,
    "/api/v1/latest": any,
    "/api/v1/ledger": `304 ${any}`,
    "/api/v1/live": stored,
    "/api/v1/raster": stored,
    "/api/v1/status": any,
    "/livez": "400 421 500",
    "/metrics": any,
    "/openapi.json": "400 421 429 500",
    "/readyz": "400 421 500 503",
  });
});

test("a parameter with a default may be left out", async () => {
  const { paths } = await document();
  const { parameters } = paths["/api/v1/devices/{id}/readings"].get;
  const required = parameters.filter((parameter: { required: boolean }) => parameter.required);
  expect(required.map(({ name }: { name: string }) => name)).toEqual(["id"]);
});

test("event ids in it are such as the live feed gives, and takes", async () => {
  const { paths } = await document();
  const stream = paths["/api/v1/live"].get.responses["200"].content["text/event-stream"];
  const [, id] = /^id: (.+)$/m.exec(stream.example)!;
  for (const each of [id!, ...stream["x-itemSchema"].properties.id.examples])
    expect(parsePlace(each), each).toBeDefined();
});

describe("the check itself finds", () => {
  test.each([
    [
      "a wrong version",
      (doc: Record<string, unknown>) => Object.assign(doc, { openapi: "3.0.3" }),
      "openapi is 3.0.3",
    ],
    [
      "a reference to nothing",
      (doc: { components: { schemas: Record<string, unknown> } }) => delete doc.components.schemas.Gap,
      "#/components/schemas/Gap points at nothing",
    ],
    [
      "a schema that is none",
      (doc: { components: { schemas: Record<string, unknown> } }) =>
        Object.assign(doc.components.schemas, { Gap: { type: "gap" } }),
      "component Gap: not a JSON Schema (2020-12)",
    ],
    [
      "an answer of which nobody says what it is",
      (doc: Json) =>
        Object.assign(doc.paths["/livez"].get.responses["200"], { description: "Default Response" }),
      "GET /livez: response 200: no description",
    ],
  ])("%s", async (_name, damage, mistake) => {
    const doc = structuredClone(await document());
    damage(doc);
    expect(openapiMistakes(doc)).toContain(mistake);
  });
});

describe("answers are what the document says", () => {
  beforeEach(() => {
    api.sources.add({ id: "pump-7" });
    api.sources.gapPage = {
      gaps: [
        {
          device: "pump-7",
          epoch: null,
          run: 0,
          first: 1,
          last: 2,
          state: "open",
          cause: null,
          openedAtUs: NOON_US,
          closedAtUs: null,
          filledAtUs: null,
          arrival: null,
          requests: 0,
        },
      ],
      next: ["x"],
    };
    api.sources.page = {
      readings: [
        { timeUs: NOON_US, epoch: 3, run: 0, sequence: 1, names: ["a", "b"], values: [Number.NaN, true] },
      ],
      completeness: { expected: 1, received: 1, missing: 0, lost: 0, unknown: 0 },
      next: null,
    };
    const buckets = new Buckets({ fromUs: NOON_US, toUs: NOON_US + 15, stepUs: 10, count: 2 });
    const summary = { channel: 1, count: 2, nonFinite: 1, min: 1, max: 2, sum: 3, last: 2 };
    buckets.addSummary(0, { ...summary, lastReadingTimeUs: NOON_US, lastSequence: 1 }, 0);
    const [gap] = api.sources.gapPage.gaps;
    const run = {
      run: 0,
      epoch: null,
      index: 0,
      isUnsequenced: false,
      firstArrivalUs: 0,
      lastArrivalUs: 0,
      lastFlush: 0,
    };
    const found = {
      buckets,
      gaps: [{ ...gap!, fromUs: NOON_US, toUs: NOON_US + 5 }],
      gapsLeftOut: 0,
      starts: [{ run: gap!.run, atUs: NOON_US }],
      startsLeftOut: 0,
    };
    const runs = [{ ...run, channels: [1] }];
    api.sources.series = { unit: "Cel", text: series(found, runs, "rfc3339") };
    const points = {
      count: 2,
      timeUs: Float64Array.of(NOON_US, NOON_US + 10),
      value: Float64Array.of(1, 2),
      lineStart: [0, 1],
    };
    const whole = {
      ...found,
      buckets: new Buckets({ fromUs: NOON_US, toUs: NOON_US + 15, stepUs: 15, count: 1 }),
    };
    api.sources.points = { unit: "Cel", text: pointsText({ whole, points, chosen: [0, 1] }, runs, "us") };
  });

  test.each([
    ["/api/v1", "/api/v1", 200],
    ["/api/v1/fleet", "/api/v1/fleet", 200],
    ["/api/v1/history", "/api/v1/history", 200],
    ["/api/v1/raster?device=pump-7", "/api/v1/raster", 200],
    ["/api/v1/events", "/api/v1/events", 200],
    ["/livez", "/livez", 200],
    ["/readyz", "/readyz", 200],
    ["/api/v1/status", "/api/v1/status", 200],
    ["/api/v1/devices", "/api/v1/devices", 200],
    ["/api/v1/devices/pump-7", "/api/v1/devices/{id}", 200],
    ["/api/v1/devices/nobody", "/api/v1/devices/{id}", 404],
    ["/api/v1/devices?limit=0", "/api/v1/devices", 400],
    ["/api/v1/latest", "/api/v1/latest", 200],
    ["/api/v1/ledger", "/api/v1/ledger", 200],
    ["/api/v1/devices/pump-7/ledger", "/api/v1/devices/{id}/ledger", 200],
    ["/api/v1/gaps", "/api/v1/gaps", 200],
    ["/api/v1/devices/pump-7/gaps", "/api/v1/devices/{id}/gaps", 200],
    ["/api/v1/devices/pump-7/readings", "/api/v1/devices/{id}/readings", 200],
    ["/api/v1/devices/pump-7/series?channel=a", "/api/v1/devices/{id}/series", 200],
    ["/api/v1/devices/pump-7/series?channel=a&method=lttb&time=us", "/api/v1/devices/{id}/series", 200],
    ["/api/v1/devices/pump-7/series", "/api/v1/devices/{id}/series", 400],
    ["/api/v1/latest?time=ms", "/api/v1/latest", 200],
  ])("GET %s", async (url, path, status) => {
    const answer = await api.get(url);
    const type = String(answer.headers["content-type"]).split(";")[0]!;
    expect(answer.status).toBe(status);
    expect(answerMistakes(await document(), `GET ${path}`, status, type, answer.json)).toEqual([]);
  });
});
