import { join } from "node:path";
import { Validator } from "@seriousme/openapi-schema-validator";
import { beforeEach, describe, expect, test, vi } from "vitest";
import { hashToken } from "../../api/plugins/auth.ts";
import { LacunaError } from "../../common/errors.ts";
import { freshApi, type Json, type TestApi, testApi } from "../support/api.ts";
import { addExampleFleet, EXAMPLE_REQUESTS } from "../support/example-fleet.ts";
import { answerMistakes, headerMistakes, operationsOf } from "../support/openapi.ts";

const EXAMPLES = join(import.meta.dirname, "../../api/schemas/examples.json");
const { app: described } = await freshApi();
const document: Json = (await described.inject("/openapi.json")).json();
const operations = operationsOf(document);
const parametersOf = (operation: Json, place: string): Json[] =>
  (operation.parameters ?? []).filter((parameter: Json) => parameter.in === place);

let api: TestApi;
beforeEach(async () => {
  api = await testApi();
  addExampleFleet(api.sources);
});

const limited = await freshApi({ exposure: { corsOrigins: [], requestsPerSecond: 1 } });
const secret = await freshApi({ tokens: [{ name: "grafana", scope: "read", hash: hashToken("reading") }] });
const full = await freshApi({ maxLiveClients: 0 });
const fresh = await freshApi({ exposure: { corsOrigins: ["https://a.example"], requestsPerSecond: 1000 } });
for (const { sources } of [limited, secret, full, fresh]) addExampleFleet(sources);

/** Without these an answer of that status cannot be used. */
const REQUIRED_HEADERS: Readonly<Record<string, readonly string[]>> = {
  401: ["www-authenticate"],
  429: ["retry-after"],
};

/** How each error that a route describes is brought about; others than these are failures inside. */
const PROVOKED: Readonly<
  Record<
    string,
    (url: string) => Promise<Pick<Awaited<ReturnType<TestApi["get"]>>, "status" | "headers" | "json">>
  >
> = {
  400: (url) => api.get(`${url}${url.includes("?") ? "&" : "?"}colour=red`),
  401: (url) => secret.get(url),
  404: (url) => api.get(url.replace("/pump-7", "/nobody")),
  409: (url) => api.get(`${url}?min_completeness=1`),
  422: (url) => {
    api.sources.failure = new LacunaError("ERR_QUERY_TOO_LARGE", "refused");
    return api.get(url);
  },
  421: async (url) => {
    const answer = await api.app.inject({ url, headers: { host: "evil.example" } });
    return { status: answer.statusCode, headers: answer.headers, json: answer.json() };
  },
  429: async (url) => {
    // the limit is one a second, which must not pass between two
    vi.useFakeTimers({ toFake: ["Date"] });
    try {
      await limited.get("/api/v1");
      return await limited.get(url);
    } finally {
      vi.useRealTimers();
    }
  },
  503: (url) => {
    if (url.endsWith("/live")) return full.get(url);
    api.sources.failure = new LacunaError("ERR_READER_CLOSED", "refused");
    api.sources.store.state = "FAILING";
    return api.get(url);
  },
};

/** The operation's URL with a device that is there, and what it asks for. */
const urlOf = (path: string, operation: Json, query = ""): string => {
  const required = parametersOf(operation, "query").filter((parameter) => parameter.required === true);
  const parts = [...required.map(({ name }: Json) => `${name}=pump-7`), query].filter((part) => part !== "");
  return `${path.replace("{id}", "pump-7")}${parts.length === 0 ? "" : `?${parts.join("&")}`}`;
};

test("the document is valid by the specification's own schema of OpenAPI 3.1", async () => {
  const validator = new Validator();
  const { valid, errors } = await validator.validate(structuredClone(document));
  expect(errors ?? []).toEqual([]);
  expect([valid, validator.version]).toEqual([true, "3.1"]);
});

// `npx vitest run --project unit test/api/contract -u` writes them anew
test("the documented examples are what the API answers", async () => {
  const { get } = await freshApi().then((fresh) => {
    addExampleFleet(fresh.sources);
    return fresh;
  });
  const examples: Record<string, unknown[]> = {};
  for (const [operation, urls] of Object.entries(EXAMPLE_REQUESTS)) {
    examples[operation] = [];
    for (const url of urls) {
      const { text, json, headers } = await get(url);
      const type = String(headers["content-type"]).split(";")[0];
      examples[operation].push({ url, type, body: json ?? text });
    }
  }
  await expect(`${JSON.stringify(examples, null, 2)}\n`).toMatchFileSnapshot(EXAMPLES);
});

describe.each(operations)("$name", ({ name, path, operation }) => {
  test("shows an example of every kind of answer, and a request", () => {
    const contents = Object.entries<Json>(operation.responses["200"].content);
    for (const [type, { example }] of contents) {
      expect(example, `${name} as ${type}`).toBeDefined();
      if (type === "application/json" && path !== "/openapi.json")
        expect(answerMistakes(document, name, 200, type, example)).toEqual([]);
    }
    expect(operation.description).toContain("curl");
  });

  test.each(Object.keys(operation.responses).filter((status) => status in PROVOKED))(
    "answers %s as it is described",
    async (status) => {
      const answer = await PROVOKED[status]!(urlOf(path, operation));
      expect(answer.status, answer.json?.detail).toBe(Number(status));
      expect(answerMistakes(document, name, Number(status), "application/problem+json", answer.json)).toEqual(
        [],
      );
      expect(headerMistakes(document, name, Number(status), answer.headers)).toEqual([]);
      for (const header of REQUIRED_HEADERS[status] ?? [])
        expect(Object.keys(answer.headers)).toContain(header);
    },
  );

  test("describes the headers of its answer, of one that has not changed, and those of the rate", async () => {
    const url = urlOf(path, operation);
    for (const from of [api, fresh]) {
      const { statusCode: status, headers } = await from.app.inject({ method: "HEAD", url });
      expect([status, headerMistakes(document, name, status, headers)]).toEqual([200, []]);
      const { etag } = headers;
      expect("304" in operation.responses, "describes 304").toBe(etag !== undefined);
      if (etag === undefined) continue;
      const known = await from.app.inject({ url, headers: { "if-none-match": etag } });
      expect([known.statusCode, known.body]).toEqual([304, ""]);
      expect(headerMistakes(document, name, 304, known.headers)).toEqual([]);
      expect(operation.responses["304"].content).toBeUndefined();
    }
  });

  test("describes no other error, and those of every route", () => {
    const errors = Object.keys(operation.responses).filter((status) => /^[45]/.test(status));
    expect(errors.filter((status) => status !== "500" && !(status in PROVOKED))).toEqual([]);
    expect(errors).toEqual(expect.arrayContaining(["400", "421", "500"]));
    const isProbe = ["/livez", "/readyz"].includes(path);
    expect(errors.includes("429")).toBe(!isProbe);
    expect(errors.includes("401")).toBe(!isProbe && path !== "/openapi.json");
  });

  test("answers HEAD as GET, without a body", async () => {
    const { statusCode, body } = await api.app.inject({ method: "HEAD", url: urlOf(path, operation) });
    expect([statusCode, body]).toEqual([200, ""]);
  });

  test("refuses a cursor that is none, and times and spans that are none, by name", async () => {
    const wrong: Record<string, string[]> = {
      cursor: ["cursor=nonsense", `cursor=${Buffer.from('["other",1]').toString("base64url")}`],
      from: ["from=noon"],
      to: ["to=noon", "from=2026-11-20T12:00:00Z&to=2026-11-20T11:00:00Z"],
    };
    for (const { name: parameter } of parametersOf(operation, "query")) {
      for (const query of wrong[parameter] ?? []) {
        const { status, json } = await api.get(urlOf(path, operation, query));
        expect([status, json.parameters?.map((mistake: Json) => mistake.name)], query).toEqual([
          400,
          [parameter],
        ]);
      }
    }
  });

  test("refuses values it does not accept, by name", async () => {
    const limited = parametersOf(operation, "query").filter(
      ({ schema }) => schema.enum !== undefined || schema.minimum !== undefined,
    );
    for (const parameter of limited) {
      const { status, json } = await api.get(urlOf(path, operation, `${parameter.name}=-7`));
      expect([status, json.code], parameter.name).toEqual([400, "ERR_PARAMETER"]);
      expect(json.parameters.map((mistake: Json) => mistake.name)).toEqual([parameter.name]);
    }
  });

  test("refuses other methods", async () => {
    const answer = await api.app.inject({ method: "POST", url: urlOf(path, operation) });
    expect([answer.statusCode, answer.headers.allow]).toEqual([405, "GET, HEAD"]);
    expect(answerMistakes(document, name, 405, "application/problem+json", answer.json())).toEqual([]);
  });
});

describe("/docs", () => {
  test("is a page that loads its own files only", async () => {
    const { text, headers } = await api.get("/docs");
    expect(headers["content-type"]).toBe("text/html; charset=utf-8");
    expect(headers["content-security-policy"]).toContain("default-src 'none'; script-src 'self'");
    expect(text).not.toMatch(/https?:\/\//);
    for (const [, file] of text.matchAll(/(?:href|src)="([^"]+)"/g))
      expect((await api.get(file!)).status, file).toBe(200);
  });

  test("has an icon, for which a browser would look in vain at /favicon.ico otherwise", async () => {
    const { text, headers } = await api.get("/docs");
    const [, icon] = /<link rel="icon" href="([^"]+)"/.exec(text) ?? [];
    expect(icon).toBeDefined();
    expect((await api.get(icon!)).headers["content-type"]).toBe("image/svg+xml");
    expect(headers["content-security-policy"]).toContain("img-src 'self'");
  });
});
