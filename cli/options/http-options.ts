import { integerOption, listOption, optional, type Parsed, plainTextOption } from "../../common/options.ts";
import { parseTokens, TOKEN_ACCEPTED } from "./http-token.ts";

const ORIGIN_ACCEPTED = "an origin such as https://grafana.example.org, without a path";

const isOrigin = (text: string): boolean => URL.canParse(text) && new URL(text).origin === text;

const parseOrigins = (texts: readonly string[]): Parsed<readonly string[]> => {
  const wrong = texts.filter((text) => !isOrigin(text));
  if (wrong.length === 0) return { value: texts };
  const mistake = `accepted is ${ORIGIN_ACCEPTED}`;
  return { mistake: texts.length === 1 ? mistake : `${wrong.join(", ")}: ${mistake}` };
};

/** Options of the HTTP server, part of those of `lacuna collect`. */
export const HTTP_OPTIONS = {
  tokens: listOption({
    key: "token",
    doc: "tokens of the HTTP API, by their hash; without one the API listens on loopback only",
    default: [],
    placeholder: "line",
    accepted: TOKEN_ACCEPTED,
    isSecret: true,
    parse: parseTokens,
  }),
  tlsCertPath: optional(
    plainTextOption({
      key: "tlsCert",
      doc: "certificate (chain) of the HTTP server, PEM; read again at SIGHUP",
      default: "./cert.pem",
      placeholder: "file",
      accepted: "a path, together with tlsKey",
    }),
  ),
  tlsKeyPath: optional(
    plainTextOption({
      key: "tlsKey",
      doc: "private key of that certificate, PEM; read again at SIGHUP",
      default: "./key.pem",
      placeholder: "file",
      accepted: "a path, together with tlsCert",
    }),
  ),
  corsOrigins: listOption({
    key: "corsOrigin",
    doc: "origins whose pages may read the API from a browser",
    default: [],
    placeholder: "origin",
    accepted: ORIGIN_ACCEPTED,
    parse: parseOrigins,
  }),
  requestsPerSecond: optional(
    integerOption({
      key: "rateLimit",
      doc: "HTTP requests per second of one client address",
      default: 100,
      min: 1,
      max: 1_000_000,
    }),
  ),
  maxLiveClients: integerOption({
    key: "liveClients",
    doc: "connections to the live feed at once",
    default: 256,
    min: 1,
    max: 10_000,
  }),
};
