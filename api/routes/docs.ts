import { readFileSync } from "node:fs";
import type { App } from "../context.ts";

/** The page loads its own files and the description of the API, nothing else. */
const POLICY =
  "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

const FILES = [
  ["/docs", "../docs/page.html", "text/html; charset=utf-8"],
  ["/docs/page.css", "../docs/page.css", "text/css; charset=utf-8"],
  ["/docs/page.js", "../docs/page.js", "text/javascript; charset=utf-8"],
  // the dashboard's, also where that is not built
  ["/docs/icon.svg", "../../web/src/icon.svg", "image/svg+xml"],
] as const;

/** `/docs`: the API to read in a browser, without any request to elsewhere. */
export const docsRoutes = (app: App): void => {
  for (const [url, file, type] of FILES) {
    const text = readFileSync(new URL(file, import.meta.url), "utf8");
    app.get(url, { schema: { hide: true } }, async (_request, reply) =>
      reply.header("content-security-policy", POLICY).type(type).send(text),
    );
  }
};
