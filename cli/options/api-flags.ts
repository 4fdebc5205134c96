import type { Command } from "commander";
import { ConfigurationError } from "../../common/errors.ts";
import { httpUrl } from "./flag-parsers.ts";

/** Where the API of a running collector is, and what it asks for. */
export interface ApiFlags {
  api: string;
  token?: string;
}

export const TOKEN_HELP = "token of an API that asks for one (better in the environment: LACUNA_API_TOKEN)";

/** Flags of a command that asks a running collector. */
export const addApiFlags = (command: Command): Command =>
  command
    .option("--api <url>", "base URL of a running collector's API", httpUrl, "http://127.0.0.1:8047")
    .option("--token <token>", TOKEN_HELP);

const VARIABLE = "LACUNA_API_TOKEN";

/** The token given by flag or environment; null = none. @throws ConfigurationError for what no header can carry */
export const tokenOf = (
  flag: string | undefined,
  env: Readonly<Record<string, string | undefined>> = process.env,
): string | null => {
  const value = flag ?? env[VARIABLE] ?? null;
  if (value !== null && !/^[\x21-\x7e]*$/.test(value)) {
    const origin = flag === undefined ? VARIABLE : "--token";
    const sentence = "accepted is a token as `lacuna token` prints it, without spaces";
    throw new ConfigurationError([{ key: "token", origin, value, isSecret: true, sentence }]);
  }
  return value;
};
