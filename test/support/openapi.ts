import { Compile, Meta } from "typebox/schema";
import type { Json } from "./api.ts";

const METHODS = ["get", "put", "post", "delete", "options", "head", "patch", "trace"];
const isSchema = Compile(Meta["https://json-schema.org/draft/2020-12/schema"]);

/** What a `#/components/…` reference points at, or undefined. */
const resolve = (document: Json, ref: string): Json =>
  ref
    .split("/")
    .slice(1)
    .reduce((value: Json, key) => value?.[key], document);

const refsIn = (value: unknown): string[] => {
  if (typeof value !== "object" || value === null) return [];
  return Object.entries(value).flatMap(([key, item]) =>
    key === "$ref" && typeof item === "string" ? [item] : refsIn(item),
  );
};

interface Operation {
  /** `GET /livez` */
  name: string;
  path: string;
  operation: Json;
}

export const operationsOf = (document: Json): Operation[] =>
  Object.entries<Json>(document.paths).flatMap(([path, item]) =>
    METHODS.filter((method) => method in item).map((method) => ({
      name: `${method.toUpperCase()} ${path}`,
      path,
      operation: item[method],
    })),
  );

const mistakesOfSchema = (where: string, schema: Json): string[] =>
  isSchema.Check(schema) ? [] : [`${where}: not a JSON Schema (2020-12)`];

const mistakesOfParameters = ({ name, path, operation }: Operation): string[] => {
  const mistakes: string[] = [];
  const parameters: Json[] = operation.parameters ?? [];
  const inPath = parameters.filter((parameter) => parameter.in === "path").map((parameter) => parameter.name);
  const inTemplate = Array.from(path.matchAll(/\{(\w+)\}/g), ([, parameter]) => parameter);
  if (inPath.join() !== inTemplate.join())
    mistakes.push(`${name}: path parameters ${inPath} are not ${inTemplate}`);
  for (const parameter of parameters) {
    const where = `${name}: parameter ${parameter.name}`;
    if (!["query", "path", "header"].includes(parameter.in)) mistakes.push(`${where}: in ${parameter.in}`);
    if (parameter.in === "path" && parameter.required !== true) mistakes.push(`${where}: not required`);
    mistakes.push(...mistakesOfSchema(where, parameter.schema));
  }
  return mistakes;
};

/** What @fastify/swagger writes where nobody says what an answer is. */
const UNDESCRIBED = "Default Response";

const mistakesOfResponses = ({ name, operation }: Operation): string[] => {
  const responses = Object.entries<Json>(operation.responses ?? {});
  if (responses.length === 0) return [`${name}: no responses`];
  return responses.flatMap(([status, response]) => {
    const where = `${name}: response ${status}`;
    const mistakes = /^([1-5](\d\d|XX)|default)$/.test(status) ? [] : [`${where}: no status`];
    if (typeof response.description !== "string" || response.description === UNDESCRIBED)
      mistakes.push(`${where}: no description`);
    for (const [type, { schema }] of Object.entries<Json>(response.content ?? {})) {
      mistakes.push(...mistakesOfSchema(`${where} ${type}`, schema));
    }
    return mistakes;
  });
};

/**
 * What is wrong with a document by the structure of OpenAPI 3.1: required fields, parameters that match their path, unique operation
 * ids, references that resolve, and schemas that are JSON Schema 2020-12.
 * @returns one sentence per mistake
 */
export const openapiMistakes = (document: Json): string[] => {
  const operations = operationsOf(document);
  const mistakes = operations.flatMap((each) => [
    ...mistakesOfParameters(each),
    ...mistakesOfResponses(each),
  ]);
  if (!/^3\.1\.\d+$/.test(document.openapi)) mistakes.push(`openapi is ${document.openapi}`);
  for (const field of ["title", "version"])
    if (typeof document.info?.[field] !== "string") mistakes.push(`info has no ${field}`);
  for (const path of Object.keys(document.paths))
    if (!path.startsWith("/")) mistakes.push(`path ${path} has no slash`);
  for (const ref of refsIn(document))
    if (resolve(document, ref) === undefined) mistakes.push(`${ref} points at nothing`);
  for (const [name, schema] of Object.entries(document.components?.schemas ?? {})) {
    mistakes.push(...mistakesOfSchema(`component ${name}`, schema));
  }
  const ids = operations.map(({ operation }) => operation.operationId);
  const repeated = ids.filter((id, index) => id === undefined || ids.indexOf(id) !== index);
  if (repeated.length > 0) mistakes.push(`operation ids missing or repeated: ${repeated}`);
  return mistakes;
};

const responseOf = (document: Json, name: string, status: number): Json => {
  const found = operationsOf(document).find((operation) => operation.name === name);
  return found?.operation.responses[status] ?? found?.operation.responses.default;
};

/** Objects with members that are named have no others: an answer must not say what the document keeps to itself. */
const strict = (schema: Json): Json => {
  if (Array.isArray(schema)) return schema.map(strict);
  if (typeof schema !== "object" || schema === null) return schema;
  const parts = Object.fromEntries(Object.entries(schema).map(([key, value]) => [key, strict(value)]));
  const hasMembers =
    [schema.type].flat().includes("object") && Object.keys(schema.properties ?? {}).length > 0;
  return hasMembers ? { additionalProperties: false, ...parts } : parts;
};

/** What a value has that its schema does not, or the other way round. */
const mistakesBySchema = (document: Json, schema: Json, value: Json): string[] => {
  // validators know nothing of OpenAPI's components: they become the schema's own definitions
  const text = JSON.stringify(strict({ ...schema, $defs: document.components.schemas }));
  const [valid, errors] = Compile(JSON.parse(text.replaceAll("#/components/schemas/", "#/$defs/"))).Errors(
    value,
  );
  return valid ? [] : errors.map((error) => `${error.instancePath} ${error.message}`);
};

/** Whether an answer is what the document says of a status and media type; the errors when it is not. */
export const answerMistakes = (
  document: Json,
  name: string,
  status: number,
  type: string,
  body: Json,
): string[] => {
  const schema = responseOf(document, name, status)?.content?.[type]?.schema;
  if (schema === undefined) return [`${name} says nothing of ${status} ${type}`];
  return mistakesBySchema(document, schema, body);
};

/** The same for one event of the live feed. */
export const liveEventMistakes = (document: Json, event: { event: string; data: Json }): string[] => {
  const { content } = responseOf(document, "GET /api/v1/live", 200);
  const kind = content["text/event-stream"]["x-itemSchema"].oneOf.find(
    ({ properties }: Json) => properties.event.const === event.event,
  );
  if (kind === undefined) return [`nothing is said of the event ${event.event}`];
  return mistakesBySchema(document, kind.properties.data.contentSchema, event.data);
};

/** Of HTTP itself, of pages of other origins, and what browsers go by: no route says them of its own. */
const COMMON_HEADERS =
  /^(content-(type|length|encoding|security-policy)|connection|keep-alive|date|transfer-encoding|vary|allow|access-control-.*|cross-origin-.*|origin-agent-cluster|referrer-policy|x-(content-type-options|dns-prefetch-control|download-options|frame-options|permitted-cross-domain-policies|xss-protection))$/;

/** Headers of an answer of which the document says nothing, or something else. */
export const headerMistakes = (
  document: Json,
  name: string,
  status: number,
  headers: Readonly<Record<string, unknown>>,
): string[] => {
  const told = new Map<string, Json>(
    Object.entries<Json>(responseOf(document, name, status)?.headers ?? {}).map(([header, { $ref }]) => [
      header.toLowerCase(),
      resolve(document, $ref),
    ]),
  );
  return Object.entries(headers).flatMap(([header, value]) => {
    if (COMMON_HEADERS.test(header)) return [];
    const schema = told.get(header)?.schema;
    if (schema === undefined) return [`${name} says nothing of ${header} with ${status}`];
    const read = schema.type === "integer" ? Number(value) : value;
    return mistakesBySchema(document, schema, read).map((mistake) => `${name} ${header}${mistake}`);
  });
};
