import { beforeAll, describe, expect, test } from "vitest";
import type { App } from "../../api/context.ts";
import { hashToken } from "../../api/plugins/auth.ts";
import { freshApi, testApi } from "../support/api.ts";

const ask = async (app: App, url: string, host: string) => await app.inject({ url, headers: { host } });

describe("without a token", () => {
  let app: App;
  beforeAll(async () => {
    ({ app } = await testApi());
  });

  test.each([
    "localhost",
    "LocalHost:8047",
    "lacuna.localhost:8047",
    "127.0.0.1",
    "127.9.8.7:80",
    "[::1]",
    "[::1]:8047",
  ])("a request to %s is answered", async (host) => {
    expect((await ask(app, "/api/v1/ledger", host)).statusCode).toBe(200);
  });

  test.each([
    "evil.example",
    "evil.example:8047",
    "127.0.0.1.evil.example",
    "localhost.evil.example",
    "evillocalhost",
    "10.0.0.9",
    "0.0.0.0:8047",
    "[::2]:8047",
    "[::1].evil.example",
    "localhost:8047@evil.example",
    "::1",
  ])("one to %j is not: a page may have made that name resolve to loopback", async (host) => {
    const answer = await ask(app, "/api/v1/ledger", host);
    expect([answer.statusCode, answer.json().code, answer.headers["content-type"]]).toEqual([
      421,
      "ERR_MISDIRECTED",
      "application/problem+json; charset=utf-8",
    ]);
    expect(answer.json().detail).toMatch(/localhost.*127\.0\.0\.0\/8.*token/);
  });

  test.each([
    "/",
    "/assets/app.js",
    "/metrics",
    "/livez",
    "/readyz",
    "/docs",
    "/openapi.json",
    "/api/v1/live",
    "/nothing",
  ])("so it is for %s", async (url) => {
    expect((await ask(app, url, "evil.example")).statusCode).toBe(421);
  });

  test("and for pages of listed origins, preflights included", async () => {
    const exposure = { corsOrigins: ["https://grafana.example.org"], requestsPerSecond: 1 };
    const { app: exposed } = await freshApi({ exposure });
    const answer = await exposed.inject({
      method: "OPTIONS",
      url: "/api/v1/ledger",
      headers: {
        host: "evil.example",
        origin: "https://grafana.example.org",
        "access-control-request-method": "GET",
      },
    });
    expect(answer.statusCode).toBe(421);
  });
});

test("with a token any name is answered", async () => {
  const { app } = await freshApi({ tokens: [{ name: "a", scope: "read", hash: hashToken("reading") }] });
  const headers = { host: "lacuna.example.org", authorization: "Bearer reading" };
  expect((await app.inject({ url: "/api/v1/ledger", headers })).statusCode).toBe(200);
});
