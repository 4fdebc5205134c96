import { createSocket } from "node:dgram";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Json } from "../support/api.ts";
import {
  eventually,
  getJson,
  type RunningCollector,
  runLacuna,
  startCollector,
  temporaryDirectory,
} from "../support/lacuna-process.ts";
import { type LiveEventSeen, LiveStream } from "../support/live-client.ts";
import { answerMistakes, headerMistakes, liveEventMistakes, operationsOf } from "../support/openapi.ts";

const directory = temporaryDirectory();
const socket = createSocket("udp4");
let collector: RunningCollector;
let document: Json;
let live: LiveStream;

const send = (datagram: Record<string, unknown>): void =>
  socket.send(JSON.stringify(datagram), collector.ports[0]!, "127.0.0.1");

// what a real collector tells of a fleet with every kind of fault, where the answers of other tests are made by hand
beforeAll(async () => {
  const db = `${directory.path}/contract.db`;
  const listen = (path: string) => ["--listen", `udp://127.0.0.1:0?path=${path}`];
  collector = await startCollector([...listen("A"), ...listen("B"), "--db", db]);
  document = await getJson<Json>(`${collector.api}/openapi.json`);
  live = await LiveStream.open(`${collector.api}/api/v1/live`);
  send({ device: "hall/3", values: { on: true } });
  send({ device: "no-epoch", seq: 7, values: { level: 1, "": 2 } });
  send({ device: "asleep", epoch: 1, seq: 0, values: { level: -0.5 } });
  send({ device: "asleep", epoch: 1, next: 1, sleep: 3600 });
  send({ device: "gone", epoch: 1, seq: 0, values: {}, units: { level: "m" } });
  send({ device: "gone", epoch: 1, next: 3, end: true });
  const [a, b] = collector.ports.map((port) => `udp://127.0.0.1:${port}`);
  const faults = ["--loss", "0.1", "--duplicate", "0.1", "--reorder", "0.1", "--corrupt", "0.05"];
  const fleet = ["--devices", "4", "--rate", "40", "--count", "120", "--restarts", "10", "--seed", "7"];
  const simulated = await runLacuna(["simulate", "--target", a!, "--target-b", b!, ...fleet, ...faults]);
  expect(simulated.code, simulated.stderr).toBe(0);
  await eventually(
    () => getJson<Json>(`${collector.api}/api/v1/ledger`),
    ({ total }) => total.missing === 0 && total.pending === 0 && total.lost > 0,
  );
});
afterAll(async () => {
  live?.close();
  socket.close();
  await collector?.stop();
  directory.remove();
});

const DEVICE = "/api/v1/devices/sim-0";

/** Requests of every operation, each with the status it has. */
const REQUESTS: Readonly<Record<string, readonly (readonly [status: number, url: string])[]>> = {
  getLiveness: [
    [200, "/livez"],
    [400, "/livez?x=1"],
  ],
  getReadiness: [[200, "/readyz"]],
  getMetrics: [[200, "/metrics"]],
  getOpenapi: [[200, "/openapi.json"]],
  getIndex: [[200, "/api/v1"]],
  getStatus: [[200, "/api/v1/status"]],
  listDevices: [
    [200, "/api/v1/devices?limit=1000"],
    [200, "/api/v1/devices?sort=lost&order=desc&limit=2"],
    [400, "/api/v1/devices?status=up"],
  ],
  getDevice: [
    [200, DEVICE],
    [200, "/api/v1/devices/hall%2F3"],
    [404, "/api/v1/devices/hall"],
    [400, "/api/v1/devices/%FF"],
    [414, `/api/v1/devices/${"x".repeat(600)}`],
  ],
  getDeviceArrivals: [
    [200, `${DEVICE}/arrivals`],
    [200, "/api/v1/devices/hall%2F3/arrivals"],
    [404, "/api/v1/devices/nobody/arrivals"],
  ],
  listLatest: [
    [200, "/api/v1/latest"],
    [200, "/api/v1/latest?time=us&limit=2"],
  ],
  listFleet: [[200, "/api/v1/fleet"]],
  getHistory: [[200, "/api/v1/history?span=60"]],
  getLedger: [[200, "/api/v1/ledger"]],
  getDeviceLedger: [
    [200, `${DEVICE}/ledger`],
    [200, "/api/v1/devices/no-epoch/ledger"],
    [200, "/api/v1/devices/hall%2F3/ledger"],
  ],
  listGaps: [
    [200, "/api/v1/gaps?limit=1000"],
    [200, "/api/v1/gaps?format=csv"],
    [200, "/api/v1/gaps?format=csv&limit=1"],
    [400, "/api/v1/gaps?device=%E9"],
  ],
  listDeviceGaps: [
    [200, `${DEVICE}/gaps?order=desc`],
    [200, `${DEVICE}/gaps?format=csv&limit=1`],
    [404, "/api/v1/devices/nobody/gaps"],
  ],
  getReceived: [
    [200, `${DEVICE}/received`],
    [200, "/api/v1/devices/no-epoch/received"],
  ],
  getRaster: [
    [200, "/api/v1/raster?device=sim-0&device=sim-1&device=no-epoch"],
    [400, "/api/v1/raster"],
  ],
  listEvents: [[200, "/api/v1/events?limit=1000"]],
  listReadings: [
    [200, `${DEVICE}/readings?limit=10000`],
    [200, `${DEVICE}/readings?from=-1h&order=desc&time=ms`],
    [200, `${DEVICE}/readings?format=csv`],
    [200, `${DEVICE}/readings?format=csv&limit=3`],
    [200, `${DEVICE}/readings?format=ndjson&limit=3`],
    [200, "/api/v1/devices/hall%2F3/readings"],
    [200, "/api/v1/devices/hall%2F3/readings?format=csv"],
    [404, `${DEVICE}/readings?channel=nothing`],
    [409, "/api/v1/devices/hall%2F3/readings?min_completeness=1"],
  ],
  getSeries: [
    [200, `${DEVICE}/series?channel=temperature&points=20`],
    [200, `${DEVICE}/series?channel=temperature&from=-1h&to=now&step=1m&time=us`],
    [200, `${DEVICE}/series?channel=temperature&from=now`],
    [200, `${DEVICE}/series?channel=temperature&to=2020-01-01`],
    [200, `${DEVICE}/series?channel=temperature&method=lttb&points=20`],
    [200, `${DEVICE}/series?channel=temperature&method=lttb&from=2026-01-01&to=2026-01-01`],
    [200, "/api/v1/devices/hall%2F3/series?channel=on&points=2"],
    [400, `${DEVICE}/series`],
    [404, `${DEVICE}/series?channel=nothing`],
  ],
  getLive: [[400, "/api/v1/live?event=boom"]],
};

const ask = async (url: string, request: RequestInit = {}) => {
  const response = await fetch(collector.api + url, request);
  const type = (response.headers.get("content-type") ?? "").split(";")[0]!;
  const text = await response.text();
  const isJson = ["application/json", "application/problem+json"].includes(type) && text !== "";
  const body: Json = isJson ? JSON.parse(text) : text;
  return { status: response.status, type, text, body, headers: Object.fromEntries(response.headers) };
};

test("every operation is asked for", () => {
  expect(
    operationsOf(document)
      .map(({ operation }) => operation.operationId)
      .sort(),
  ).toEqual(Object.keys(REQUESTS).sort());
});

describe.each(Object.entries(REQUESTS))("%s", (operationId, requests) => {
  const nameOf = (): string =>
    operationsOf(document).find(({ operation }) => operation.operationId === operationId)!.name;

  test.each(requests)("%i %s is what the document says", async (status, url) => {
    const name = nameOf();
    const answer = await ask(url);
    expect(answer.status, answer.text.slice(0, 500)).toBe(status);
    if (name !== "GET /openapi.json")
      expect(answerMistakes(document, name, status, answer.type, answer.body)).toEqual([]);
    expect(headerMistakes(document, name, status, answer.headers)).toEqual([]);
    const head = await ask(url, { method: "HEAD" });
    expect([head.status, head.type, head.text]).toEqual([status, answer.type, ""]);
    expect(headerMistakes(document, name, status, head.headers)).toEqual([]);
    const { etag } = answer.headers;
    if (etag === undefined) return;
    // a commit between the two makes it another answer
    const known = await eventually(
      async () => ask(url, { headers: { "if-none-match": (await ask(url)).headers.etag! } }),
      (again) => again.status === 304,
    );
    expect(known.text).toBe("");
    expect(headerMistakes(document, name, 304, known.headers)).toEqual([]);
  });

  test("another method is an error of the document", async () => {
    const name = nameOf();
    const { status, type, body } = await ask(requests[0]![1], { method: "DELETE" });
    expect([status, answerMistakes(document, name, 405, type, body)]).toEqual([405, []]);
  });
});

describe("the live feed", () => {
  const mistakesOf = (events: readonly LiveEventSeen[]): string[] =>
    events.flatMap((event) => liveEventMistakes(document, event));

  test("tells readings, ledgers and gaps as the document says", async () => {
    const kinds = (): Set<string> => new Set(live.events.map(({ event }) => event));
    await live.until(() => ["reading", "ledger", "gap"].every((kind) => kinds().has(kind)));
    expect(live.head.statusCode).toBe(200);
    expect(headerMistakes(document, "GET /api/v1/live", 200, live.head.headers)).toEqual([]);
    expect(mistakesOf(live.events)).toEqual([]);
  });

  test("tells of a device, and of what it leaves out, as the document says", async () => {
    const again = await LiveStream.open(`${collector.api}/api/v1/live?device=sim-0`, "nonsense");
    await again.until(
      (events) => events.some(({ event }) => event === "ledger") && again.of("skipped").length > 0,
    );
    expect(mistakesOf(again.events)).toEqual([]);
    again.close();
  });
});
