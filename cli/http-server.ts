import { once } from "node:events";
import { createServer } from "node:net";
import { isLoopbackHost } from "../common/addresses.ts";
import { ConfigurationError, type ConfigurationMistake, LacunaError, messageOf } from "../common/errors.ts";
import { type HttpAddress, httpAddressText } from "./http-address.ts";
import type { CollectSettings } from "./options.ts";

type Exposure = Pick<CollectSettings, "http" | "tokens">;

/** Whoever reaches the API reads everything: from other machines that takes a token. */
export const exposureMistakes = ({ http, tokens }: Exposure): readonly ConfigurationMistake[] => {
  if (isLoopbackHost(http.host) || tokens.length > 0) return [];
  const sentence =
    `${httpAddressText(http)} can be reached from other machines and no token is set; ` +
    "make one with `lacuna token` and give its line as `token`, or listen on 127.0.0.1";
  return [{ key: "http", origin: "http", value: undefined, sentence }];
};

/** @throws ConfigurationError for `exposureMistakes` */
export const checkExposure = (settings: Exposure): void => {
  const mistakes = exposureMistakes(settings);
  if (mistakes.length > 0) throw new ConfigurationError(mistakes);
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
