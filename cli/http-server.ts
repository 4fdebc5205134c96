import { once } from "node:events";
import { readFileSync } from "node:fs";
import { createServer } from "node:net";
import { createSecureContext } from "node:tls";
import { ConfigurationError, LacunaError, messageOf } from "../common/errors.ts";
import { isLoopbackHost } from "../common/loopback.ts";
import { type HttpAddress, httpAddressText } from "./http-address.ts";
import type { CollectSettings } from "./options.ts";

/** Certificate and key of the server, PEM. */
export interface TlsFiles {
  cert: Buffer;
  key: Buffer;
}

/**
 * Whoever reaches the API reads everything: from other machines that takes a token.
 * @throws ConfigurationError
 */
export const checkExposure = ({ http, tokens }: Pick<CollectSettings, "http" | "tokens">): void => {
  if (isLoopbackHost(http.host) || tokens.length > 0) return;
  const sentence =
    `${httpAddressText(http)} can be reached from other machines and no token is set; ` +
    "make one with `lacuna token` and give its line as `token`, or listen on 127.0.0.1";
  throw new ConfigurationError([{ key: "http", origin: "http", value: undefined, sentence }]);
};

/**
 * Read certificate and key; at the start and again at SIGHUP.
 * @returns null without TLS
 * @throws ConfigurationError when one of them is missing, or they are no pair
 */
export const readTls = ({
  tlsCertPath,
  tlsKeyPath,
}: Pick<CollectSettings, "tlsCertPath" | "tlsKeyPath">): TlsFiles | null => {
  if (tlsCertPath === null && tlsKeyPath === null) return null;
  const wrong = (key: string, sentence: string, origin = key): ConfigurationError =>
    new ConfigurationError([{ key, origin, value: undefined, sentence }]);
  // who gave the one of them is to blame for the other
  if (tlsCertPath === null) throw wrong("tlsCert", "it is missing, tlsKey is given", "tlsKey");
  if (tlsKeyPath === null) throw wrong("tlsKey", "it is missing, tlsCert is given", "tlsCert");
  const read = (key: string, path: string): Buffer => {
    try {
      return readFileSync(path);
    } catch (error) {
      throw wrong(key, `${path} cannot be read: ${messageOf(error)}`);
    }
  };
  const files = { cert: read("tlsCert", tlsCertPath), key: read("tlsKey", tlsKeyPath) };
  try {
    createSecureContext(files);
  } catch (error) {
    throw wrong(
      "tlsCert",
      `${tlsCertPath} and ${tlsKeyPath} are no certificate and its key: ${messageOf(error)}`,
    );
  }
  return files;
};

/**
 * One socket, also for `localhost`: of that name Fastify would make a second server, on ::1, that neither a stop nor a new certificate reaches.
 * @throws LacunaError `ERR_HTTP_LISTEN`
 */
export const listen = async (
  app: { listen(options: HttpAddress): Promise<string> },
  { host, port }: HttpAddress,
): Promise<void> => {
  try {
    await app.listen({ host: host === "localhost" ? "127.0.0.1" : host, port });
  } catch (error) {
    throw new LacunaError(
      "ERR_HTTP_LISTEN",
      `the HTTP API cannot listen on ${httpAddressText({ host, port })}: ${messageOf(error)}; --http chooses another port, 0 any free one`,
      { cause: error },
    );
  }
};

/**
 * Listen there for a moment, as the collector would; nobody is answered.
 * @throws LacunaError `ERR_HTTP_LISTEN`
 */
export const tryListening = async (address: HttpAddress): Promise<void> => {
  const server = createServer((socket) => socket.destroy());
  const begin = async (options: HttpAddress): Promise<string> => {
    // `once` rejects when the server has an error instead
    await once(server.listen(options), "listening");
    return "";
  };
  await listen({ listen: begin }, address);
  server.close();
};
