import { isLoopbackHost } from "../../common/addresses.ts";
import type { App } from "../context.ts";
import { ApiError } from "../problems.ts";

/** `NAME`, `ADDRESS` or `[ADDRESS]`, with or without a port. */
const SHAPE = /^(?:\[([^\]]*)\]|([^:]*))(?::\d*)?$/;

const isOurName = (header: string): boolean => {
  const [, address, name] = SHAPE.exec(header.toLowerCase()) ?? [];
  if (address !== undefined) return address === "::1";
  return name !== undefined && (isLoopbackHost(name) || name.endsWith(".localhost"));
};

const REFUSAL =
  "without a token only requests to localhost, *.localhost, 127.0.0.0/8 and [::1] are answered (header Host); " +
  "a token (`lacuna token`) lifts that limit";

/**
 * A server that asks nobody for a token listens on loopback, where a web page could still read it once the name of its site resolves to 127.0.0.1 (DNS
 * rebinding): its requests tell that name. Without `Host`, in HTTP/1.0, no page of a browser asks. Before any route is registered.
 */
export const answerOnlyLoopbackNames = (app: App): void => {
  app.addHook("onRequest", async ({ headers: { host } }) => {
    if (host !== undefined && !isOurName(host)) throw new ApiError("ERR_MISDIRECTED", REFUSAL);
  });
};

const isHost = (name: string, index: number): boolean => index % 2 === 0 && name.toLowerCase() === "host";

/** HTTP/1.1 asks for `Host` exactly once (RFC 9112, 3.2): Node would refuse a request without it in no words, and take the first of several. */
export const askForHost = (app: App): void => {
  app.addHook("onRequest", async ({ raw: { httpVersion, rawHeaders } }) => {
    const hosts = rawHeaders.filter(isHost).length;
    if (hosts > 1 || (hosts === 0 && httpVersion === "1.1"))
      throw new ApiError("ERR_MALFORMED_REQUEST", "a request of HTTP/1.1 has the header Host, once");
  });
};
