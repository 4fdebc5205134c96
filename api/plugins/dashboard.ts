import { existsSync } from "node:fs";
import { join } from "node:path";
import fastifyStatic from "@fastify/static";
import type { FastifyReply, FastifyRequest } from "fastify";
import type { App } from "../context.ts";

/** where `npm run build` puts the dashboard */
export const DASHBOARD_DIRECTORY = join(import.meta.dirname, "../../web/dist");

/** A page of ours loads nothing but its own files, and runs no script or style written inside it. */
const PAGE_POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self' data:",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join("; ");

const NOT_BUILT =
  "The dashboard is not built: run `npm run build` in Lacuna's directory and load this page again. The API is not affected; /api/v1 lists its routes.\n";

/**
 * Serves the built dashboard at `/` and its files below `/assets/`. Without a build `/` says how to get one.
 * @param directory - with `index.html` and `assets/`; asked for at each request, so that a build needs no restart
 */
export const installDashboard = async (app: App, directory: string): Promise<void> => {
  await app.register(fastifyStatic, {
    root: join(directory, "assets"),
    prefix: "/assets/",
    // names carry a hash of the content
    immutable: true,
    maxAge: "365d",
    index: false,
    // whole, as all our answers: a part that is not there would need an error of its own
    acceptRanges: false,
    // a missing directory is an answer, not a warning at every start
    suppressWarning: true,
    schemaHide: true,
  });

  const page = async (_request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> => {
    if (!existsSync(join(directory, "index.html"))) {
      return reply.code(503).type("text/plain; charset=utf-8").send(NOT_BUILT);
    }
    reply.header("content-security-policy", PAGE_POLICY);
    return await reply.sendFile("index.html", directory, { immutable: false, maxAge: 0 });
  };
  app.get("/", { schema: { hide: true } }, page);
};
