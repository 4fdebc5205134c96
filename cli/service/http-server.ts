import { once } from "node:events";
import { createServer } from "node:net";
import { isLoopbackHost } from "../../common/addresses.ts";
import {
  ConfigurationError,
  type ConfigurationMistake,
  LacunaError,
  messageOf,
} from "../../common/errors.ts";
import { type HttpAddress, httpAddressText } from "../options/http-address.ts";
import type { CollectSettings } from "../options/options.ts";

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

/** Where browsers, and `fetch` of our own commands, open nothing. @see https://fetch.spec.whatwg.org/#port-blocking */
const REFUSED_PORTS: readonly number[] = [
  1, 7, 9, 11, 13, 15, 17, 19, 20, 21, 22, 23, 25, 37, 42, 43, 53, 69, 77, 79, 87, 95, 101, 102, 103, 104,
  109, 110, 111, 113, 115, 117, 119, 123, 135, 137, 139, 143, 161, 179, 389, 427, 465, 512, 513, 514, 515,
  526, 530, 531, 532, 540, 548, 554, 556, 563, 587, 601, 636, 989, 990, 993, 995, 1719, 1720, 1723, 2049,
  3659, 4045, 4190, 5060, 5061, 6000, 6566, 6665, 6666, 6667, 6668, 6669, 6679, 6697, 10080,
];

/** A sentence, or null when they may. */
export const refusedByBrowsers = ({ port }: HttpAddress): string | null =>
  REFUSED_PORTS.includes(port)
    ? `browsers open nothing on port ${port}, which belongs to another protocol, nor do commands such as lacuna tail: --http chooses another port`
    : null;

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
