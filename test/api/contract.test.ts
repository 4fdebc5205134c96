import { join } from "node:path";
import { Validator } from "@seriousme/openapi-schema-validator";
import { beforeEach, describe, expect, test } from "vitest";
import { LacunaError } from "../../common/errors.ts";
import { freshApi, type Json, type TestApi, testApi } from "../support/api.ts";
import { addExampleFleet, EXAMPLE_REQUESTS } from "../support/example-fleet.ts";
import { answerMistakes, operationsOf } from "../support/openapi.ts";

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

  test("refuses a parameter it does not know", async () => {
    const { status, json } = await api.get(urlOf(path, operation, "colour=red"));
    expect([status, json.code, json.parameters.at(-1).name]).toEqual([400, "ERR_PARAMETER", "colour"]);
    expect(answerMistakes(document, name, 400, "application/problem+json", json)).toEqual([]);
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
  });

  test("says so where a device is unknown or the database cannot answer", async () => {
    if (path.includes("{id}")) {
      const { status, json } = await api.get(urlOf(path, operation).replace("pump-7", "nobody"));
      expect([status, json.code]).toEqual([404, "ERR_UNKNOWN_DEVICE"]);
      expect(answerMistakes(document, name, 404, "application/problem+json", json)).toEqual([]);
    }
    const isAsked = operation.responses["503"] !== undefined && !/readyz|live$/.test(path);
    if (!isAsked) return;
    const failures = [
      ["ERR_READER_CLOSED", 503],
      ...(operation.responses["422"] ? [["ERR_QUERY_TOO_LARGE", 422]] : []),
    ];
    for (const [code, expected] of failures as [string, number][]) {
      api.sources.failure = new LacunaError(code, "refused");
      const { status, json } = await api.get(urlOf(path, operation));
      expect(status).toBe(expected);
      expect(answerMistakes(document, name, expected, "application/problem+json", json)).toEqual([]);
    }
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
});
