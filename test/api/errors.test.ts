import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { text } from "node:stream/consumers";
import { beforeEach, describe, expect, test } from "vitest";
import { type AppOptions, buildApp } from "../../api/app.ts";
import { LacunaError } from "../../common/errors.ts";
import { createLogger } from "../../common/logger.ts";
import { freshApi, type TestApi, testApi } from "../support/api.ts";
import { FakeSources, NOON_US } from "../support/fake-sources.ts";
import { ManualClock } from "../support/manual-clock.ts";

let api: TestApi;
beforeEach(async () => {
  api = await testApi();
  api.sources.add({ id: "pump-7" });
});

const PROBLEM = "application/problem+json; charset=utf-8";

test.each([
  ["/nothing", 404, "ERR_NOT_FOUND"],
  ["/api", 404, "ERR_NOT_FOUND"],
  ["/api/v2/devices", 404, "ERR_NOT_FOUND"],
  ["/api/v1/devices/pump-7/colour", 404, "ERR_NOT_FOUND"],
  ["/api/v1/devices/nobody/ledger", 404, "ERR_UNKNOWN_DEVICE"],
  ["/api/v1/devices/nobody/readings", 404, "ERR_UNKNOWN_DEVICE"],
  ["/api/v1/devices/%zz", 400, "ERR_MALFORMED_URL"],
  ["/api/v1/devices/%ff", 400, "ERR_MALFORMED_URL"],
  ["/api/v1/gaps?device=%E9", 400, "ERR_MALFORMED_URL"],
  ["/api/v1/live?device=pump-7&channel=%ff", 400, "ERR_MALFORMED_URL"],
  ["/api/v1/ledger?100%", 400, "ERR_MALFORMED_URL"],
  ["/assets/", 404, "ERR_NOT_FOUND"],
  [`/api/v1/devices/${"x".repeat(600)}`, 414, "ERR_URL_TOO_LONG"],
])("%s is %d %s", async (url, status, code) => {
  const { headers, json } = await api.get(url);
  expect(headers["content-type"]).toBe(PROBLEM);
  expect(json).toMatchObject({
    type: "about:blank",
    status,
    code,
    title: expect.any(String),
    detail: expect.any(String),
  });
});

/** headers of an answer that browsers go by */
const securityOf = (headers: Record<string, unknown>): Record<string, unknown> =>
  Object.fromEntries(
    Object.entries(headers).filter(([name]) =>
      /^(x-|cross-origin-|content-security|referrer-|origin-)/.test(name),
    ),
  );

test.each(["/nothing", "/api/v1/devices/%zz", `/api/v1/devices/${"x".repeat(600)}`])(
  "the answer to %s has the headers that browsers go by",
  async (url) => {
    const usual = securityOf((await api.get("/livez")).headers);
    expect(usual).toMatchObject({
      "content-security-policy": expect.any(String),
      "x-content-type-options": "nosniff",
    });
    expect(securityOf((await api.get(url)).headers)).toEqual(usual);
  },
);

test.each([
  "/api/v1",
  "/livez",
  "/readyz",
  "/metrics",
  "/openapi.json",
  "/api/v1/status",
  "/api/v1/ledger",
  "/api/v1/devices/pump-7",
])("%s takes no parameter", async (url) => {
  const { status, json } = await api.get(`${url}?limit=5`);
  expect([status, json.code, json.parameters[0].name]).toEqual([400, "ERR_PARAMETER", "limit"]);
});

test.each(["1e2", "0x10", "%205", "+5", "5.0", "5%20", "-5", ""])(
  "%j for a number is 400: digits are accepted",
  async (value) => {
    const { status, json } = await api.get(`/api/v1/devices?limit=${value}`);
    expect([status, json.code, json.detail]).toEqual([
      400,
      "ERR_PARAMETER",
      "limit: accepted is an integer from 1 to 1000",
    ]);
  },
);

test.each(["1e-1", "0x1", ".5", "+1", "NaN", "Infinity"])("%j for a ratio is 400", async (value) => {
  const { status, json } = await api.get(`/api/v1/devices?min_completeness=${value}&limit=x`);
  expect([status, json.parameters]).toEqual([
    400,
    [
      { name: "min_completeness", detail: "accepted is a number from 0 to 1" },
      { name: "limit", detail: "accepted is an integer from 1 to 1000" },
    ],
  ]);
});

test.each([
  [
    "/api/v1/devices/pump-7/series?from=noon&to=1795176000&step=0s&points=0&x=1",
    "channel from points step to x",
  ],
  ["/api/v1/devices?from=noon&to=1795176000&limit=0", "from limit to"],
])("times and steps that are none are named with all else that is wrong: %s", async (url, names) => {
  const { json } = await api.get(url);
  expect(json.parameters.map(({ name }: { name: string }) => name).sort()).toEqual(names.split(" "));
});

test.each([
  ["/api/v1/live", "device", 64],
  ["/api/v1/live", "channel", 1024],
  ["/api/v1/raster", "device", 200],
  ["/api/v1/devices/pump-7/readings", "channel", 1024],
  ["/api/v1/live", "event", 3, "gap"],
])("%s says how often it takes %s when there are more: %d times", async (url, name, most, value = "7") => {
  const query = Array.from({ length: most + 1 }, () => `${name}=${value}`).join("&");
  const { json } = await api.get(`${url}?${query}`);
  expect(json.parameters).toEqual([
    { name, detail: expect.stringMatching(new RegExp(` ${most.toLocaleString("en")}\\b`)) },
  ]);
});

test("digits are taken as they are, leading zeros too", async () => {
  expect((await api.get("/api/v1/devices?limit=007&min_completeness=0.50")).status).toBe(200);
});

test.each(["POST", "PUT", "PATCH", "DELETE", "OPTIONS", "PROPFIND"] as const)(
  "%s is 405 and says what is allowed",
  async (method) => {
    const answer = await api.app.inject({
      method,
      url: "/api/v1/devices",
      payload: "x",
      headers: { "content-type": "a/b" },
    });
    expect([answer.statusCode, answer.headers.allow, answer.headers["content-type"]]).toEqual([
      405,
      "GET, HEAD",
      PROBLEM,
    ]);
    expect(answer.json().code).toBe("ERR_METHOD_NOT_ALLOWED");
  },
);

test.each([
  ["that is no JSON", "application/json", "{"],
  ["of no bytes", "application/json", ""],
  ["of 2 MiB", "text/plain", "x".repeat(2 ** 21)],
  ["of no type", "no type", "x"],
])("nothing is 404 whatever body is sent to it, one %s too", async (_what, type, payload) => {
  const headers = { "content-type": type };
  const answer = await api.app.inject({ method: "POST", url: "/nothing", headers, payload });
  expect([answer.statusCode, answer.json().code, answer.headers["content-type"]]).toEqual([
    404,
    "ERR_NOT_FOUND",
    PROBLEM,
  ]);
});

test("HEAD answers as GET does, without a body", async () => {
  const [head, get] = await Promise.all([
    api.app.inject({ method: "HEAD", url: "/api/v1/devices/pump-7" }),
    api.app.inject("/api/v1/devices/pump-7"),
  ]);
  expect([head.statusCode, head.body, head.headers["content-length"]]).toEqual([
    200,
    "",
    get.headers["content-length"],
  ]);
});

test("of thousands of wrong parameters the first hundred are named", async () => {
  const names = Array.from({ length: 5000 }, (_, index) => `p${index}`);
  const { json, text } = await api.get(`/livez?limit=1&${names.join("&")}`);
  expect(json.code).toBe("ERR_PARAMETER");
  expect(json.parameters.map(({ name }: { name: string }) => name)).toEqual(["limit", ...names.slice(0, 99)]);
  expect(text.length).toBeLessThan(20_000);
});

describe("failures inside a route", () => {
  const failing = async (error: unknown) => {
    const { app } = await freshApi();
    app.get("/fails", async () => {
      throw error;
    });
    return app;
  };

  test.each([
    [Object.assign(new Error("x"), { statusCode: 422 }), 400, "ERR_MALFORMED_REQUEST"],
    [Object.assign(new Error("x"), { statusCode: 503 }), 503, "ERR_UNAVAILABLE"],
    [new Error("x"), 500, "ERR_INTERNAL"],
    ["a text", 500, "ERR_INTERNAL"],
    [Object.assign(new Error("x"), { code: "ERR_SEGMENT_CORRUPT" }), 500, "ERR_DATABASE_DAMAGED"],
    [Object.assign(new Error("x"), { code: "SQLITE_CORRUPT_VTAB" }), 500, "ERR_DATABASE_DAMAGED"],
    [Object.assign(new Error("x"), { code: "ERR_DATABASE_UNREADABLE" }), 503, "ERR_DATABASE_UNREADABLE"],
  ])("%s is %d %s", async (error, status, code) => {
    const answer = await (await failing(error)).inject("/fails");
    expect([answer.statusCode, answer.json().code, answer.headers["content-type"]]).toEqual([
      status,
      code,
      PROBLEM,
    ]);
  });
});

test("a failure inside is logged, and its repetitions are held back and counted", async () => {
  const lines: string[] = [];
  const sources = new FakeSources();
  const clock = new ManualClock();
  const logger = createLogger("info", { write: (line) => lines.push(line) });
  const app = await buildApp(sources, { version: "1", clock, startedAtUs: NOON_US, startedAtMs: 0, logger });
  sources.failure = new Error("disk on fire");
  for (let request = 0; request < 3; request++) await app.inject("/api/v1/gaps");
  clock.advanceMs(10_000);
  await app.inject("/api/v1/gaps");
  expect(lines.map((line) => JSON.parse(line))).toEqual([
    expect.objectContaining({ level: 50, heldBack: 0, url: "/api/v1/gaps", msg: "request failed" }),
    expect.objectContaining({ heldBack: 2 }),
  ]);
  // that somebody still asks while the store is closed is no failure
  sources.failure = new LacunaError("ERR_READER_CLOSED", "the store is closed");
  expect((await app.inject("/api/v1/gaps")).statusCode).toBe(503);
  // nor that somebody who followed the live feed comes again while it is closed
  await sources.listener!.closing();
  const refused = await app.inject("/api/v1/live");
  expect(refused.json()).toMatchObject({ code: "ERR_UNAVAILABLE", detail: "the collector is stopping" });
  expect(lines).toHaveLength(2);
});

describe("on a real connection", () => {
  const send = async (bytes: string, options: Partial<AppOptions> = {}): Promise<string> => {
    const { app } = await freshApi(options);
    const url = new URL(await app.listen({ host: "127.0.0.1", port: 0 }));
    const socket = connect(Number(url.port), url.hostname);
    socket.write(bytes);
    const answer = await text(socket);
    await app.close();
    return answer;
  };

  test("bytes that are no HTTP are answered with a problem", async () => {
    const answer = await send("lacuna?\r\n\r\n");
    expect(answer).toMatch(/^HTTP\/1\.1 400 Bad Request\r\n/);
    expect(answer).toContain("Content-Type: application/problem+json\r\n");
    const lines = answer.split("\r\n\r\n")[0]!.split("\r\n").slice(1);
    const headers = Object.fromEntries(lines.map((line) => line.split(": ")));
    expect(securityOf(headers)).toEqual(securityOf((await api.get("/livez")).headers));
    expect(JSON.parse(answer.split("\r\n\r\n")[1]!)).toMatchObject({
      code: "ERR_MALFORMED_REQUEST",
      status: 400,
    });
  });

  test("a request of RTSP is no HTTP either, and not logged", async () => {
    const lines: string[] = [];
    const logger = createLogger("warn", { write: (line) => lines.push(line) });
    const answer = await send("DESCRIBE rtsp://camera/1 RTSP/1.0\r\nCSeq: 2\r\n\r\n", { logger });
    expect(answer).toMatch(/^HTTP\/1\.1 400 Bad Request\r\n/);
    expect(answer).toContain("x-content-type-options: nosniff");
    expect(answer).toContain('"code":"ERR_MALFORMED_REQUEST"');
    expect(lines).toEqual([]);
  });

  test("a query that was given up, as its client is gone, is no failure, before the request hears of it too", async () => {
    const lines: string[] = [];
    const logger = createLogger("warn", { write: (line) => lines.push(line) });
    const { app, sources } = await freshApi({ logger });
    sources.reader.gaps = async (_query, client) => {
      // as when what it was sent cannot be written
      (client as Socket).destroy();
      throw new LacunaError("ERR_QUERY_CANCELLED", "the client is gone");
    };
    const url = new URL(await app.listen({ host: "127.0.0.1", port: 0 }));
    const socket = connect(Number(url.port), url.hostname);
    socket.on("error", () => {});
    socket.write("GET /api/v1/gaps HTTP/1.1\r\nHost: localhost\r\n\r\n");
    await once(socket, "close");
    await app.close();
    expect(lines).toEqual([]);
  });

  test("a path with bytes that must be percent-encoded is told so", async () => {
    const answer = await send("GET /api/v1/devices/caf\u00e9 HTTP/1.1\r\nHost: localhost\r\n\r\n");
    expect(JSON.parse(answer.split("\r\n\r\n")[1]!)).toMatchObject({
      code: "ERR_MALFORMED_URL",
      status: 400,
      detail: expect.stringContaining("percent-encoded"),
    });
  });

  test.each([
    ["no Host", ""],
    ["two of them", "Host: localhost\r\nhost: localhost\r\n"],
  ])("HTTP/1.1 with %s is a problem", async (_, headers) => {
    const answer = await send(`GET /livez HTTP/1.1\r\n${headers}Connection: close\r\n\r\n`);
    expect(answer).toMatch(/^HTTP\/1\.1 400 Bad Request\r\n/);
    expect(answer).toContain("content-type: application/problem+json");
    expect(answer).toContain('"code":"ERR_MALFORMED_REQUEST"');
    expect(answer).toContain("Host");
  });

  test("another header may have the value host", async () => {
    const headers = "Host: localhost\r\nX-Asked-By: host\r\nConnection: close\r\n";
    expect(await send(`GET /livez HTTP/1.1\r\n${headers}\r\n`)).toMatch(/^HTTP\/1\.1 200 OK\r\n/);
  });

  test("HTTP/1.0 needs no Host", async () => {
    expect(await send("GET /livez HTTP/1.0\r\n\r\n")).toMatch(/^HTTP\/1\.1 200 OK\r\n/);
  });

  test.each([
    ["/livez", 200],
    ["/nothing", 404],
  ])("%s is %d whatever the client expects besides", async (url, status) => {
    const answer = await send(
      `GET ${url} HTTP/1.1\r\nHost: localhost\r\nExpect: nonsense\r\nConnection: close\r\n\r\n`,
    );
    expect(answer).toMatch(new RegExp(`^HTTP/1.1 ${status} `));
    expect(answer).toMatch(/\r\nx-content-type-options: nosniff\r\n/i);
  });

  test("an empty Host is no name of loopback", async () => {
    const answer = await send("GET /livez HTTP/1.1\r\nHost:\r\nConnection: close\r\n\r\n");
    expect(answer).toMatch(/^HTTP\/1\.1 421 /);
  });

  test("a raster of as many devices as one may have is answered, however long their ids", async () => {
    const ids = Array.from({ length: 200 }, (_, row) => `${"\u6e29".repeat(20)}${1000 + row}`);
    const query = ids.map((id) => `device=${encodeURIComponent(id)}`).join("&");
    const head = `GET /api/v1/raster?${query} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n`;
    expect(head.length).toBeGreaterThan(38_000);
    expect(await send(head)).toMatch(/^HTTP\/1\.1 200 OK\r\n/);
  });

  test("headers that never end are 431", async () => {
    const answer = await send(`GET / HTTP/1.1\r\nHost: x\r\nX: ${"x".repeat(70_000)}\r\n\r\n`);
    expect(answer).toMatch(/^HTTP\/1\.1 431 /);
    expect(answer).toContain('"code":"ERR_HEADERS_TOO_LARGE"');
  });
});

test("answers carry headers against misuse in browsers", async () => {
  const { headers } = await api.get("/api/v1");
  expect(headers).toMatchObject({
    "content-security-policy": expect.stringContaining("default-src 'none'"),
    "x-content-type-options": "nosniff",
  });
  expect(headers).not.toHaveProperty("strict-transport-security");
});
