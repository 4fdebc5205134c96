import { once } from "node:events";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, expect, test } from "vitest";
import { formatTime } from "../../../protocol/time.ts";
import { audit } from "../../../simulator/audit/audit.ts";
import { httpAuditSource } from "../../../simulator/audit/audit-http.ts";
import { type ReferenceLedger, referenceLedger } from "../reference-ledger.ts";
import { fixedSettings, IMPAIRED, simulateInMemory } from "../support.ts";

let server: Server | undefined;
afterEach(() => {
  server?.close();
  server?.closeAllConnections();
});

type Handler = (request: IncomingMessage, response: ServerResponse) => void;

const serve = async (handler: Handler): Promise<string> => {
  server = createServer(handler).listen(0, "127.0.0.1");
  await once(server, "listening");
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
};

const PAGE = 5;
const pageOf = <T>(items: readonly T[], url: URL): { items: T[]; next: string | null } => {
  const from = Number(url.searchParams.get("cursor") ?? 0);
  const next = from + PAGE < items.length ? String(from + PAGE) : null;
  return { items: items.slice(from, from + PAGE), next };
};

/** A collector's API (docs/api.md) over a reference ledger, in pages of 5. */
const apiOf =
  (ledger: ReferenceLedger) =>
  (url: URL): unknown => {
    const [, , , first, id, what] = url.pathname.split("/").map(decodeURIComponent);
    if (first === "ledger") return { total: { ...ledger.fleet, ...ledger.fleet.counts, counts: undefined } };
    if (first === "status")
      return {
        listeners: [
          { state: "OK", since: formatTime(1_000_000) },
          { state: "FAILED", since: formatTime(9e15) },
        ],
      };
    if (first !== "devices") return null;
    if (id === undefined) {
      const { items, next } = pageOf([...ledger.devices.keys()], url);
      return { devices: items.map((each) => ({ id: each })), next };
    }
    const device = ledger.devices.get(id);
    if (device === undefined) return null;
    if (what === "ledger") {
      return {
        total: device.counts,
        epochs: device.runs.map(({ counts, ...run }) => ({ ...run, ...counts })),
      };
    }
    if (what === "gaps") {
      const { items, next } = pageOf(device.gaps, url);
      return { gaps: items, next };
    }
    const { items, next } = pageOf(device.readings, url);
    const readings = items.map(({ sequence, timeUs, ...same }) => ({
      ...same,
      seq: sequence,
      time: formatTime(timeUs),
    }));
    return { readings, next };
  };

const answer = (response: ServerResponse, body: unknown): void => {
  response.statusCode = body === null ? 404 : 200;
  response.end(JSON.stringify(body));
};

test("an audit over HTTP reads every page of every list", async () => {
  const { sent, truth } = simulateInMemory(
    fixedSettings({
      devices: 11,
      count: 120,
      idPrefix: "pump/é",
      restartsPerMinute: 3,
      ...IMPAIRED,
      loss: 0.2,
    }),
  );
  const ledger = referenceLedger(sent.map(({ bytes }) => bytes));
  for (const { gaps, readings } of ledger.devices.values())
    expect(Math.min(gaps.length, readings.length)).toBeGreaterThan(PAGE);
  const api = apiOf(ledger);
  const baseUrl = await serve((request, response) =>
    answer(response, api(new URL(request.url!, "http://x"))),
  );
  const report = await audit(truth, httpAuditSource(baseUrl));
  expect(report.differences).toEqual([]);
  expect([report.devices, report.numbers]).toEqual([11, 1320]);
});

test("listening began when the last of the working listeners was up", async () => {
  const api = apiOf(referenceLedger([]));
  const baseUrl = await serve((request, response) =>
    answer(response, api(new URL(request.url!, "http://x"))),
  );
  expect(await httpAuditSource(baseUrl).listeningSinceUs()).toBe(1_000_000);
});

test("a device the API does not know is null", async () => {
  const baseUrl = await serve((_request, response) => answer(response, null));
  expect(await httpAuditSource(baseUrl).device("pump-7")).toBeNull();
});

test.each([
  { epochs: {} },
  { total: {}, epochs: {} },
  { total: [], epochs: [] },
  { epochs: [] },
  { total: {}, epochs: [] },
  { total: { causes: {} }, epochs: [{}] },
])("a ledger %j is no collector's, and said to be none", async (ledger) => {
  const baseUrl = await serve((_request, response) => answer(response, ledger));
  await expect(httpAuditSource(baseUrl).device("pump-7")).rejects.toMatchObject({
    code: "ERR_AUDIT_HTTP",
    message: expect.stringMatching(/ is no collector$/),
  });
});

test("a busy API is asked again after the time it names", async () => {
  let asked = 0;
  const baseUrl = await serve((_request, response) => {
    response.statusCode = asked++ === 0 ? 503 : 200;
    response.setHeader("retry-after", "0");
    response.end(JSON.stringify({ listeners: [] }));
  });
  expect(await httpAuditSource(baseUrl).listeningSinceUs()).toBeNull();
  expect(asked).toBe(2);
});

test("an API that answers with an error is an error that says which request failed and why", async () => {
  const baseUrl = await serve((_request, response) => {
    response.statusCode = 500;
    response.end("the database is gone");
  });
  await expect(httpAuditSource(baseUrl).fleet()).rejects.toMatchObject({
    code: "ERR_AUDIT_HTTP",
    message: expect.stringMatching(/\/api\/v1\/ledger: status 500: the database is gone/),
  });
});

test("an API that cannot be reached is an error that says so", async () => {
  const baseUrl = await serve(() => undefined);
  server!.close();
  await once(server!, "close");
  await expect(httpAuditSource(baseUrl).fleet()).rejects.toMatchObject({
    code: "ERR_AUDIT_HTTP",
    message: expect.stringMatching(
      /^nothing answers at http:\S+ \(ECONNREFUSED\): the collector does not run/,
    ),
  });
});

test("values JSON has no number for are read from their words", async () => {
  const values = { a: "NaN", b: "Infinity", c: "-Infinity", d: -0, e: true, f: "21.5", g: "" };
  const reading = { time: "2026-11-20T12:00:00Z", epoch: null, run: 0, seq: 1, values };
  const text = JSON.stringify({ readings: [reading], next: null }).replace('"d":0', '"d":-0');
  const baseUrl = await serve((_request, response) => response.end(text));
  for await (const [first] of httpAuditSource(baseUrl).readings("x")) {
    expect(first!.values).toEqual({
      ...{ a: Number.NaN, b: Infinity, c: -Infinity, d: -0, e: true },
      // no other text stands for a number
      ...{ f: "21.5", g: "" },
    });
  }
});
