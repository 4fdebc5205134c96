import type { FastifyReply, FastifyRequest } from "fastify";
import type { ApiContext } from "../context.ts";
import { isRelative } from "../query-time.ts";

/** Changes whenever an answer that comes from the ledger and the store alone may change. Weak: a compressed answer has the same. */
const revisionTag = ({ sources: { ledger }, startedAtUs }: ApiContext): string =>
  `W/"${startedAtUs.toString(36)}-${ledger.flush}-${ledger.pending}"`;

const isKnown = (ifNoneMatch: string, tag: string): boolean =>
  ifNoneMatch === "*" || ifNoneMatch.split(",").some((known) => known.trim() === tag);

/**
 * For routes whose answer changes with a commit only: 304 while there was none. Not for what depends on the time of the question: statuses, ages,
 * times relative to now.
 */
export const unchangedSinceCommit =
  (context: ApiContext) =>
  async (request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply | undefined> => {
    const { from, to } = request.query as { from?: string; to?: string };
    if (isRelative(from) || isRelative(to)) return undefined;
    const tag = revisionTag(context);
    reply.header("etag", tag).header("cache-control", "no-cache");
    if (!isKnown(request.headers["if-none-match"] ?? "", tag)) return undefined;
    return reply.code(304).send();
  };
