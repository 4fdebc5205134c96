import { hash } from "node:crypto";
import { Readable } from "node:stream";
import type { FastifyReply, FastifyRequest } from "fastify";
import type { ApiContext, App } from "../context.ts";
import { isRelative } from "../requests/query-time.ts";

/**
 * Changes whenever an answer that comes from the ledger and the store alone may change. Weak: a compressed answer has the same. Of one URL alone: who
 * has it was given the answer, so that 304 is never said where it would be an error (RFC 9110, 13.2.1).
 */
const revisionTag = ({ sources: { ledger }, startedAtUs }: ApiContext, url: string): string =>
  `W/"${startedAtUs.toString(36)}-${ledger.revision}-${hash("sha1", url, "base64url")}"`;

const opaque = (tag: string): string => tag.trim().replace(/^W\//, "");

/** By the weak comparison (RFC 9110, 13.1.2): whatever stands in between may have left out the `W/`. */
const isKnown = (ifNoneMatch: string, tag: string): boolean =>
  ifNoneMatch.split(",").some((known) => opaque(known) === opaque(tag));

/** The times a query may have. */
interface TimeQuery {
  from?: string;
  to?: string;
}

/** Whether a span of time depends on when it is asked. */
export const isOfNow = ({ from, to }: TimeQuery): boolean => isRelative(from) || isRelative(to);

/**
 * For routes whose answer changes with a commit only: 304 while there was none. Not for what depends on the time of the question: statuses, ages,
 * times relative to now.
 * @param isNever - whether a query is one of these
 */
export const unchangedSinceCommit =
  (context: ApiContext, isNever: (query: TimeQuery) => boolean = isOfNow) =>
  async (request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply | undefined> => {
    if (isNever(request.query as TimeQuery)) return undefined;
    const tag = revisionTag(context, request.url);
    reply.headers({ etag: tag, "cache-control": "no-cache" });
    if (!isKnown(request.headers["if-none-match"] ?? "", tag)) return undefined;
    return reply.code(304).send();
  };

/** What tells of a body that does not come. */
const OF_BODY = ["content-type", "link", "lacuna-completeness"] as const;

/**
 * `If-None-Match: *` is false wherever there is an answer (RFC 9110, 13.1.2), and whether there is one, and no error, is known when it is made
 * (13.2.1): 304 in its place. Only where answers have an `ETag`.
 */
export const notModifiedForAny = (app: App): void => {
  app.addHook("onSend", async (request, reply, payload) => {
    const isAny = reply.statusCode === 200 && request.headers["if-none-match"]?.trim() === "*";
    if (reply.statusCode !== 304 && !(isAny && reply.hasHeader("etag"))) return payload;
    // nobody reads it
    if (payload instanceof Readable) payload.destroy();
    for (const name of OF_BODY) reply.removeHeader(name);
    reply.code(304);
    // to HEAD Fastify would tell the length of anything else, which is not that of the answer (8.6)
    return request.method === "HEAD" ? Readable.from([]) : null;
  });
};
