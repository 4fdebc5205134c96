import { Problem } from "../schemas/common.ts";

interface Header {
  description: string;
  schema: object;
}

/** Headers of answers, beside those of HTTP itself (`Content-Type`, `Content-Encoding`, …) and those that browsers go by. */
const HEADERS = {
  ETag: {
    description:
      "weak, of this URL alone; changes with each commit, and with what is accepted while commits fail. Given back as `If-None-Match` it makes an unchanged answer 304. Absent with times relative to now, and where the answer may end now",
    schema: { type: "string", examples: ['W/"hoeqgyfm4t-375-ngCjr-9luoT5u2dgqZ3E2W9VXVo"'] },
  },
  "Cache-Control": {
    description: "with `ETag`: to be kept, and asked for again each time (`no-cache`)",
    schema: { type: "string" },
  },
  Vary: { description: "what else the answer depends on", schema: { type: "string" } },
  Link: {
    description: 'the next page, with `rel="next"`: of CSV and NDJSON with `limit`; absent at the end',
    schema: {
      type: "string",
      examples: ['</api/v1/devices/pump-7/readings?format=csv&limit=100&cursor=…>; rel="next"'],
    },
  },
  "Lacuna-Completeness": {
    description:
      "of CSV and NDJSON: completeness of the query, a dictionary of RFC 9651; the ratio is rounded down and left out where nothing was expected, or where it is not known how much is damaged (`damaged` then)",
    schema: {
      type: "string",
      examples: ["expected=100, received=97, missing=1, lost=2, unknown=0, ratio=0.970"],
    },
  },
  "X-Accel-Buffering": {
    description: "`no`: a proxy must not hold events back",
    schema: { type: "string", const: "no" },
  },
  "WWW-Authenticate": {
    description: "the scheme that is asked for, and what is wrong with the token (RFC 6750)",
    schema: { type: "string", examples: ['Bearer realm="lacuna"'] },
  },
  "Retry-After": {
    description: "seconds after which to come again",
    schema: { type: "integer", minimum: 0 },
  },
  "X-RateLimit-Limit": {
    description: "where `rateLimit` is configured: requests per second of one client address",
    schema: { type: "integer", minimum: 1 },
  },
  "X-RateLimit-Remaining": {
    description: "where `rateLimit` is configured: what is left of them",
    schema: { type: "integer", minimum: 0 },
  },
  "X-RateLimit-Reset": {
    description: "where `rateLimit` is configured: seconds until there are all again",
    schema: { type: "integer", minimum: 0 },
  },
} as const satisfies Readonly<Record<string, Header>>;
type HeaderName = keyof typeof HEADERS;

const OF_REVISION: readonly HeaderName[] = ["ETag", "Cache-Control", "Vary"];
const OF_RATE: readonly HeaderName[] = ["X-RateLimit-Limit", "X-RateLimit-Remaining", "X-RateLimit-Reset"];

/** Of the good answer of single operations. */
const OF_OPERATION: Readonly<Record<string, readonly HeaderName[]>> = {
  listReadings: ["Link", "Lacuna-Completeness"],
  listGaps: ["Link"],
  listDeviceGaps: ["Link"],
  getLive: ["Cache-Control", "X-Accel-Buffering"],
};

/** Of an error status. */
const OF_STATUS: Readonly<Record<string, readonly HeaderName[]>> = {
  "401": ["WWW-Authenticate"],
  "429": ["Retry-After"],
};

interface Answer {
  description: string;
  headers?: Record<string, unknown>;
  content?: Record<string, unknown>;
}
interface Operation {
  operationId: string;
  parameters?: unknown[];
  responses: Record<string, Answer>;
}

/** What the server refuses before a route is reached, or while the request still comes. */
const ANY_OTHER: Answer = {
  description:
    "any other error: 405 (`Allow` says what is accepted), 408, 414, 431, 503 (the collector is stopping); `code` tells causes apart",
  content: { "application/problem+json": { schema: { $ref: `#/components/schemas/${Problem.$id}` } } },
};

const IF_NONE_MATCH = {
  name: "If-None-Match",
  in: "header",
  required: false,
  description: "`ETag` of the answer that is known; `*`: any",
  schema: { type: "string" },
};

const headersOf = ({ operationId, responses }: Operation, status: string): HeaderName[] => {
  const isRevised = "304" in responses;
  return [
    ...(isRevised && (status === "200" || status === "304") ? OF_REVISION : []),
    ...(status === "200" ? (OF_OPERATION[operationId] ?? []) : (OF_STATUS[status] ?? [])),
    ...("429" in responses ? OF_RATE : []),
  ];
};

/** Puts the headers of its answers into every operation, and the answer to what is no question to it. */
export const addHeaders = (document: { paths?: object; components?: object }): void => {
  Object.assign(document.components!, { headers: HEADERS });
  for (const operations of Object.values(document.paths ?? {})) {
    for (const operation of Object.values(operations as Record<string, Operation>)) {
      operation.responses.default = { ...ANY_OTHER };
      if ("304" in operation.responses)
        operation.parameters = [...(operation.parameters ?? []), IF_NONE_MATCH];
      for (const [status, answer] of Object.entries(operation.responses)) {
        const names = headersOf(operation, status);
        if (names.length > 0)
          answer.headers = Object.fromEntries(
            names.map((name) => [name, { $ref: `#/components/headers/${name}` }]),
          );
      }
    }
  }
};
