import { Socket } from "node:net";
import helmet from "helmet";
import { IncomingMessage, ServerResponse } from "../../common/node-http.ts";
import type { App } from "../context.ts";

/** Made once: `@fastify/helmet` makes all of it anew for each request. */
const setHeaders = helmet({
  // an answer of the API is no page; the dashboard sends its own
  contentSecurityPolicy: {
    directives: { defaultSrc: ["'none'"], frameAncestors: ["'none'"] },
    useDefaults: false,
  },
  // of a name, whatever the port: whoever owns the name may promise it, not one of the servers behind it
  strictTransportSecurity: false,
});

const headersOf = (): [name: string, value: string][] => {
  const request = new IncomingMessage(new Socket());
  const answer = new ServerResponse(request);
  setHeaders(request, answer, () => {});
  return Object.entries(answer.getHeaders()).map(([name, value]) => [name, String(value)]);
};

/** The same, for answers to what is no request of the application: malformed URLs, bytes that are no HTTP. */
export const SECURITY_HEADERS: readonly (readonly [name: string, value: string])[] = headersOf();

/** Every answer has the headers that browsers go by. Before any route is registered. */
export const sendSecurityHeaders = (app: App): void => {
  app.addHook("onRequest", (request, reply, done) => setHeaders(request.raw, reply.raw, () => done()));
};
