import { Readable } from "node:stream";
import { constants } from "node:zlib";
import compress from "@fastify/compress";
import cors from "@fastify/cors";
import rateLimit from "@fastify/rate-limit";
import type { App } from "../context.ts";

export interface ExposureOptions {
  /** origins whose pages may read the API; none = no page of another origin */
  corsOrigins: readonly string[];
  /** requests per second of one client address; null = no limit */
  requestsPerSecond: number | null;
}

/** Below it a compressed answer is hardly shorter. */
const LEAST_COMPRESSED_BYTES = 1024;
/** Beside what is known to shrink (mime-db), where NDJSON is not found. */
const COMPRESSED_TYPES = /^text\/(?!event-stream)|[+/](?:x-nd)?json(?:;|$)/;
/** Brotli's default takes seconds where this takes milliseconds. */
const BROTLI_QUALITY = 4;

/** As long as Chromium keeps it. Unsaid it is 5 s: a page that polls with a token would ask twice each time. What is allowed is told with each answer, too. */
const PREFLIGHT_KEPT_S = 7200;

/** What of an answer a page of another origin may read, beside what every page may. */
const EXPOSED_HEADERS = [
  "ETag",
  "Lacuna-Completeness",
  "Link",
  "Retry-After",
  "WWW-Authenticate",
  "X-RateLimit-Limit",
  "X-RateLimit-Remaining",
  "X-RateLimit-Reset",
];

/** Of a stream the length is not asked: it is compressed whatever it is. */
const isLong = (payload: unknown): boolean =>
  payload instanceof Readable ||
  ((typeof payload === "string" || payload instanceof Uint8Array) &&
    Buffer.byteLength(payload) >= LEAST_COMPRESSED_BYTES);

/**
 * That an answer may be compressed is told also where it is not: a cache would give it to whoever accepts less, or more, than who asked first (RFC 9110,
 * 12.5.5). HEAD is told no length where that of the answer to GET is known only when it is compressed (8.6).
 */
const tellCompression = (app: App): void => {
  app.addHook("onSend", async ({ method, headers }, reply, payload) => {
    reply.header("vary", [reply.getHeader("vary") ?? [], "accept-encoding"].flat().join(", "));
    if (method !== "HEAD" || headers["accept-encoding"] === undefined || !isLong(payload)) return payload;
    reply.removeHeader("content-length");
    return payload instanceof Readable ? payload : Readable.from([]);
  });
};

/** Smaller answers, pages of other origins, and a bound on what one client may ask. Before any route is registered. */
export const installExposure = async (
  app: App,
  { corsOrigins, requestsPerSecond }: ExposureOptions,
): Promise<void> => {
  tellCompression(app);
  await app.register(compress, {
    encodings: ["br", "gzip"],
    globalDecompression: false,
    customTypes: COMPRESSED_TYPES,
    threshold: LEAST_COMPRESSED_BYTES,
    brotliOptions: { params: { [constants.BROTLI_PARAM_QUALITY]: BROTLI_QUALITY } },
  });
  if (corsOrigins.length > 0) {
    await app.register(cors, {
      origin: [...corsOrigins],
      methods: ["GET", "HEAD"],
      exposedHeaders: EXPOSED_HEADERS,
      maxAge: PREFLIGHT_KEPT_S,
      strictPreflight: false,
    });
  }
  if (requestsPerSecond === null) return;
  await app.register(rateLimit, {
    // by a hook for all requests, below: that of a route comes after the token was asked for, and what has no route has none
    global: false,
    max: requestsPerSecond,
    timeWindow: 1000,
    // a probe that is refused looks like a collector that died
    allowList: ({ routeOptions: { url } }) => url === "/livez" || url === "/readyz",
  });
  app.addHook("onRequest", app.rateLimit());
};
