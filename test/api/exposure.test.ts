import { gunzipSync } from "node:zlib";
import { describe, expect, onTestFinished, test, vi } from "vitest";
import { hashToken } from "../../api/plugins/auth.ts";
import { freshApi, testApi } from "../support/api.ts";
import { NOON_US } from "../support/fake-sources.ts";

describe("compression", () => {
  test.each([
    ["br, gzip", "br"],
    ["gzip", "gzip"],
  ])("for %s a long answer is %s", async (accepted, encoding) => {
    const { app, sources } = await testApi();
    sources.add(...Array.from({ length: 20 }, (_, index) => ({ id: `pump-${index}` })));
    const answer = await app.inject({ url: "/api/v1/devices", headers: { "accept-encoding": accepted } });
    expect(answer.headers["content-encoding"]).toBe(encoding);
    expect(answer.headers.vary).toContain("accept-encoding");
  });

  test.each(["csv", "ndjson"])("a stream of %s is compressed too", async (format) => {
    const { app, sources } = await testApi();
    sources.add({ id: "pump-7" });
    const url = `/api/v1/devices/pump-7/readings?format=${format}`;
    const answer = await app.inject({ url, headers: { "accept-encoding": "gzip" } });
    expect(answer.headers["content-encoding"]).toBe("gzip");
    expect(gunzipSync(answer.rawPayload).toString()).toBe((await app.inject(url)).body);
  });

  test.each([
    ["/api/v1/devices", "gzip"],
    ["/api/v1/devices", "identity"],
    ["/api/v1/devices?limit=none", "gzip"],
    ["/livez", "identity"],
    ["/docs", "gzip"],
    ["/nothing", "identity"],
  ])("that %s may be compressed is told where it is asked for as %s too, once", async (url, accepted) => {
    const { app, sources } = await testApi();
    sources.add(...Array.from({ length: 20 }, (_, index) => ({ id: `pump-${index}` })));
    const answer = await app.inject({ url, headers: { "accept-encoding": accepted } });
    expect(answer.headers.vary).toBe("accept-encoding");
  });

  test.each(["/api/v1/devices", "/openapi.json", "/livez", "/docs/page.js", "/api/v1/latest", "/nothing"])(
    "HEAD %s is told the length that GET has, or none",
    async (url) => {
      const { app, sources } = await testApi();
      sources.add(...Array.from({ length: 20 }, (_, index) => ({ id: `pump-${index}` })));
      for (const headers of [{}, { "accept-encoding": "gzip" }, { "accept-encoding": "br" }]) {
        const head = await app.inject({ method: "HEAD", url, headers });
        const length = String((await app.inject({ url, headers })).rawPayload.length);
        expect([head.statusCode < 500, head.body]).toEqual([true, ""]);
        expect([undefined, length]).toContain(head.headers["content-length"]);
      }
    },
  );

  test("a short answer, and one to a client that accepts none, come as they are", async () => {
    const { app } = await testApi();
    const short = await app.inject({ url: "/livez", headers: { "accept-encoding": "gzip" } });
    const plain = await app.inject("/openapi.json");
    expect([short.headers["content-encoding"], plain.headers["content-encoding"]]).toEqual([
      undefined,
      undefined,
    ]);
  });
});

describe("pages of other origins", () => {
  const origin = "https://grafana.example.org";

  test("may not read unless they are listed", async () => {
    const { app } = await testApi();
    const answer = await app.inject({ url: "/api/v1/ledger", headers: { origin } });
    expect(answer.headers["access-control-allow-origin"]).toBeUndefined();
  });

  test("may when they are, others still may not", async () => {
    const { app } = await freshApi({ exposure: { corsOrigins: [origin], requestsPerSecond: null } });
    const allowedFor = async (from: string) =>
      (await app.inject({ url: "/api/v1/ledger", headers: { origin: from } })).headers[
        "access-control-allow-origin"
      ];
    expect([await allowedFor(origin), await allowedFor("https://evil.example.org")]).toEqual([
      origin,
      undefined,
    ]);
    const { headers } = await app.inject({ url: "/api/v1/ledger", headers: { origin } });
    const exposed = String(headers["access-control-expose-headers"]).split(", ");
    expect(exposed).toEqual(expect.arrayContaining(["Retry-After", "X-RateLimit-Remaining"]));
    const preflight = await app.inject({
      method: "OPTIONS",
      url: "/api/v1/ledger",
      headers: {
        origin,
        "access-control-request-method": "GET",
        "access-control-request-headers": "authorization",
      },
    });
    expect([preflight.statusCode, preflight.headers["access-control-allow-headers"]]).toEqual([
      204,
      "authorization",
    ]);
    // a page that polls with a token asks beforehand once, not each time
    expect(preflight.headers["access-control-max-age"]).toBe("7200");
    // nor is what is no preflight told so in a form of its own
    expect((await app.inject({ method: "OPTIONS", url: "/api/v1/ledger" })).statusCode).toBe(204);
  });
});

test("beyond the limit a client is told when to come again, probes are not counted", async () => {
  const { app } = await freshApi({ exposure: { corsOrigins: [], requestsPerSecond: 2 } });
  const statuses: number[] = [];
  // the second that the limit is for must not pass meanwhile
  vi.useFakeTimers({ toFake: ["Date"] });
  onTestFinished(() => {
    vi.useRealTimers();
  });
  for (let request = 0; request < 3; request++)
    statuses.push((await app.inject("/api/v1/ledger")).statusCode);
  expect(statuses).toEqual([200, 200, 429]);
  const refused = await app.inject("/api/v1/ledger");
  expect([refused.json().code, refused.headers["retry-after"]]).toEqual(["ERR_TOO_MANY_REQUESTS", "1"]);
  for (const probe of ["/livez", "/readyz"]) expect((await app.inject(probe)).statusCode).toBe(200);
});

test.each([
  ["without a token", "/api/v1/ledger", 401],
  ["to what is not there", "/nothing", 404],
])("requests %s are counted too", async (_what, url, status) => {
  const { app } = await freshApi({
    exposure: { corsOrigins: [], requestsPerSecond: 2 },
    tokens: [{ name: "grafana", scope: "read", hash: hashToken("secret") }],
  });
  vi.useFakeTimers({ toFake: ["Date"] });
  onTestFinished(() => {
    vi.useRealTimers();
  });
  const statuses: number[] = [];
  for (let request = 0; request < 3; request++) statuses.push((await app.inject(url)).statusCode);
  expect(statuses).toEqual([status, status, 429]);
});

describe("an answer with a revision", () => {
  const urls = [
    "/api/v1/ledger",
    "/api/v1/gaps",
    "/api/v1/devices/pump-7/ledger",
    "/api/v1/devices/pump-7/readings",
  ];

  test.each(urls)("%s is 304 until something is committed", async (url) => {
    const { app, sources } = await testApi();
    sources.add({ id: "pump-7" });
    const etag = String((await app.inject(url)).headers.etag);
    const again = async () => {
      const answer = await app.inject({ url, headers: { "if-none-match": `"other", ${etag}` } });
      return [answer.statusCode, answer.body === ""];
    };
    expect(await again()).toEqual([304, true]);
    // the strong form of the tag is the same by the weak comparison
    const strong = { "if-none-match": etag.replace("W/", "") };
    expect((await app.inject({ url, headers: strong })).statusCode).toBe(304);
    sources.revision++;
    expect(await again()).toEqual([200, false]);
  });

  test("a collector that was started again has others, whatever it has committed since", async () => {
    const tags = new Set<unknown>();
    for (const startedAtUs of [NOON_US - 2, NOON_US - 1]) {
      const { app } = await freshApi({ startedAtUs });
      tags.add((await app.inject("/api/v1/ledger")).headers.etag);
    }
    expect(tags.size).toBe(2);
  });

  test("what it varies by is told with 304 as with the answer", async () => {
    const { app } = await freshApi({
      exposure: { corsOrigins: ["https://grafana.example.org"], requestsPerSecond: null },
    });
    const headers = { "accept-encoding": "gzip" };
    const { headers: fresh } = await app.inject({ url: "/api/v1/ledger", headers });
    const known = { ...headers, "if-none-match": String(fresh.etag) };
    const unchanged = await app.inject({ url: "/api/v1/ledger", headers: known });
    expect([unchanged.statusCode, unchanged.headers.vary]).toEqual([304, "Origin, accept-encoding"]);
    expect(fresh.vary).toBe(unchanged.headers.vary);
  });

  test("what would be an error is none that has not changed", async () => {
    const { app, sources } = await testApi();
    sources.add({ id: "pump-7" });
    const etag = String((await app.inject("/api/v1/ledger")).headers.etag);
    const statuses = [];
    for (const url of ["devices/nobody/ledger", "gaps?cursor=none", "gaps?from=noon", "gaps"]) {
      for (const known of [etag, "*"]) {
        const answer = await app.inject({ url: `/api/v1/${url}`, headers: { "if-none-match": known } });
        statuses.push(answer.statusCode);
      }
    }
    expect(statuses).toEqual([404, 404, 400, 400, 400, 400, 200, 304]);
  });

  test.each([...urls, "/api/v1/devices/pump-7/readings?format=csv", "/api/v1/gaps?format=csv&limit=1"])(
    "%s is 304 for `*`, any answer there is, without what tells of a body",
    async (url) => {
      const { app, sources } = await testApi();
      sources.add({ id: "pump-7" });
      const { etag } = (await app.inject(url)).headers;
      for (const method of ["GET", "HEAD"] as const) {
        const headers = { "if-none-match": "*", "accept-encoding": "gzip" };
        const answer = await app.inject({ method, url, headers });
        expect([answer.statusCode, answer.body, answer.headers.etag]).toEqual([304, "", etag]);
        expect(answer.headers).not.toHaveProperty("content-type");
        expect(answer.headers).not.toHaveProperty("content-length");
        expect(answer.headers).not.toHaveProperty("content-encoding");
        expect(answer.headers).not.toHaveProperty("lacuna-completeness");
      }
    },
  );

  test("HEAD of what is known is told no length, as that would be the answer's", async () => {
    const { app } = await testApi();
    const headers = { "if-none-match": String((await app.inject("/api/v1/ledger")).headers.etag) };
    const answer = await app.inject({ method: "HEAD", url: "/api/v1/ledger", headers });
    expect(answer.statusCode).toBe(304);
    expect(answer.headers).not.toHaveProperty("content-length");
  });

  test("what has no revision is answered, whatever is known", async () => {
    const { app } = await testApi();
    const answer = await app.inject({ url: "/api/v1/status", headers: { "if-none-match": "*" } });
    expect(answer.statusCode).toBe(200);
  });

  test("an error has none, nor has what is asked relative to now", async () => {
    const { app } = await testApi();
    const unknown = await app.inject("/api/v1/devices/nobody/ledger");
    expect(unknown.headers.etag).toBeUndefined();
    for (const span of ["from=-15m", "to=-15m", "from=now"])
      expect((await app.inject(`/api/v1/gaps?${span}`)).headers.etag).toBeUndefined();
  });

  describe("with a span of time", () => {
    const SERIES = "series?channel=temperature";
    const tagOf = async (path: string): Promise<unknown> => {
      const { app, sources } = await testApi();
      sources.add({ id: "pump-7" });
      sources.series = { unit: "Cel", text: Buffer.from('"buckets":[]') };
      sources.points = { unit: "Cel", text: Buffer.from('"points":[]') };
      const answer = await app.inject(`/api/v1/devices/pump-7/${path}`);
      expect(answer.statusCode, answer.body).toBe(200);
      return answer.headers.etag;
    };

    test.each([`${SERIES}&from=2026-11-20`, `${SERIES}&from=2026-11-20&method=lttb`])(
      "%s may end now and has none",
      async (path) => {
        expect(await tagOf(path)).toBeUndefined();
      },
    );

    test.each([
      SERIES,
      `${SERIES}&to=2026-11-20`,
      `${SERIES}&from=2026-11-19&to=2026-11-20`,
      "readings?from=2026-11-20",
      "gaps?from=2026-11-20",
    ])("%s does not depend on when it is asked and has one", async (path) => {
      expect(await tagOf(path)).toEqual(expect.stringContaining("W/"));
    });
  });
});
