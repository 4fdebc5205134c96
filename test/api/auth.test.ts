import { beforeAll, describe, expect, test } from "vitest";
import { type ApiToken, hashToken } from "../../api/plugins/auth.ts";
import { freshApi, type TestApi } from "../support/api.ts";

const tokens: ApiToken[] = [
  { name: "grafana", scope: "read", hash: hashToken("reading") },
  { name: "operator", scope: "admin", hash: hashToken("changing") },
];
let api: TestApi;
beforeAll(async () => {
  api = await freshApi({ tokens });
  api.app.get("/api/v1/test-admin", { config: { scope: "admin" } }, async () => "done");
});
const ask = async (url: string, authorization?: string) => {
  const answer = await api.app.inject({ url, headers: authorization === undefined ? {} : { authorization } });
  return { status: answer.statusCode, challenge: answer.headers["www-authenticate"], body: answer.body };
};

describe("with tokens configured", () => {
  test.each(["/api/v1/ledger", "/api/v1/devices", "/api/v1/live", "/api/v1", "/metrics"])(
    "%s asks for one",
    async (url) => {
      const { status, challenge, body } = await ask(url);
      expect([status, challenge, JSON.parse(body).code]).toEqual([
        401,
        'Bearer realm="lacuna"',
        "ERR_UNAUTHENTICATED",
      ]);
    },
  );

  test.each(["/livez", "/readyz", "/openapi.json"])("%s needs none", async (url) => {
    expect((await ask(url)).status).toBe(200);
  });

  test.each(["Bearer reading", "bearer  reading ", "Bearer changing"])(
    "%s may read",
    async (authorization) => {
      expect((await ask("/api/v1/ledger", authorization)).status).toBe(200);
    },
  );

  test.each(["Bearer wrong", "Bearer ", "reading", "Basic cmVhZGluZw==", "Bearer reading, Bearer changing"])(
    "%s is no token",
    async (authorization) => {
      const { status, challenge } = await ask("/api/v1/ledger", authorization);
      expect([status, challenge]).toEqual([401, 'Bearer realm="lacuna", error="invalid_token"']);
    },
  );

  test.each([undefined, "Bearer ", "Bearer", "Basic Og=="])(
    "where a line has the hash of nothing, as of a variable that was not set, %s is no token",
    async (authorization) => {
      const { app } = await freshApi({ tokens: [{ name: "unset", scope: "admin", hash: hashToken("") }] });
      const headers = authorization === undefined ? {} : { authorization };
      expect((await app.inject({ url: "/api/v1/ledger", headers })).statusCode).toBe(401);
    },
  );

  test("a token that differs in any byte of its hash is none", async () => {
    const alike = Array.from({ length: 32 }, (_, at) => {
      const hash = Uint8Array.from(hashToken("reading"));
      hash[at]! ^= 1;
      return { name: `byte ${at}`, scope: "read" as const, hash };
    });
    const { app } = await freshApi({ tokens: alike });
    const answer = await app.inject({ url: "/api/v1/ledger", headers: { authorization: "Bearer reading" } });
    expect(answer.statusCode).toBe(401);
  });

  test("what changes things needs the scope for it", async () => {
    const { status, challenge, body } = await ask("/api/v1/test-admin", "Bearer reading");
    expect([status, JSON.parse(body).code]).toEqual([403, "ERR_FORBIDDEN"]);
    expect(challenge).toContain('scope="admin"');
    expect((await ask("/api/v1/test-admin", "Bearer changing")).status).toBe(200);
  });
});
