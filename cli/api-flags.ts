import type { Command } from "commander";
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

/** The token given by flag or environment; null = none. */
export const tokenOf = (flag: string | undefined): string | null =>
  flag ?? process.env.LACUNA_API_TOKEN ?? null;
