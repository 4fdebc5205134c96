import { createHash, timingSafeEqual } from "node:crypto";
import type { FastifyRequest } from "fastify";
import type { App } from "../context.ts";
import { ApiError } from "../problems.ts";

/** `read` may ask everything, `admin` may change things too (nothing can be changed yet). */
export const SCOPES = ["read", "admin"] as const;
export type Scope = (typeof SCOPES)[number];

/** What is known of a token: never the token itself. */
export interface ApiToken {
  /** for people */
  name: string;
  scope: Scope;
  /** SHA-256 of the token's text: the token is random, so that a slow hash would protect nothing more */
  hash: Uint8Array;
}

declare module "fastify" {
  interface FastifyContextConfig {
    /** what a token must allow; `read` when left out */
    scope?: Scope;
  }
}

export const hashToken = (token: string): Uint8Array => createHash("sha256").update(token).digest();

/** Data need a token; probes, the page and the description of the API do not. */
const isProtected = (route: string | undefined): boolean =>
  route !== undefined && (route.startsWith("/api/") || route === "/metrics");

const BEARER = /^Bearer +([\w.~+/=-]+) *$/i;

/** Every token is compared, whichever fits, so that the time taken tells nothing. */
const find = (tokens: readonly ApiToken[], authorization: string | undefined): ApiToken | undefined => {
  const [, given] = BEARER.exec(authorization ?? "") ?? [];
  // a line may have the hash of an empty text: it would let everybody in
  if (given === undefined) return undefined;
  const hash = hashToken(given);
  let found: ApiToken | undefined;
  for (const token of tokens) if (timingSafeEqual(token.hash, hash)) found = token;
  return found;
};

/** Asks for a bearer token (RFC 6750) wherever there are data. Without tokens everybody may ask: the server is on loopback then, and answers to no other name. */
export const installAuth = (app: App, tokens: readonly ApiToken[]): void => {
  if (tokens.length === 0) return;
  app.addHook("onRequest", async ({ routeOptions, headers }: FastifyRequest, reply) => {
    if (!isProtected(routeOptions.url)) return;
    const token = find(tokens, headers.authorization);
    if (token === undefined) {
      const error = headers.authorization === undefined ? "" : ', error="invalid_token"';
      reply.header("www-authenticate", `Bearer realm="lacuna"${error}`);
      throw new ApiError("ERR_UNAUTHENTICATED", "a valid token is asked for: Authorization: Bearer TOKEN");
    }
    const { scope = "read" } = routeOptions.config;
    if (SCOPES.indexOf(token.scope) >= SCOPES.indexOf(scope)) return;
    reply.header("www-authenticate", `Bearer realm="lacuna", error="insufficient_scope", scope="${scope}"`);
    throw new ApiError("ERR_FORBIDDEN", `this needs a token of scope ${scope}`);
  });
};
