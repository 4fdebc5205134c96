import { randomBytes } from "node:crypto";
import { type ApiToken, hashToken, SCOPES, type Scope } from "../api/plugins/auth.ts";
import { accepting, type Parsed } from "../common/options.ts";

const LINE_ACCEPTED = "SCOPE:NAME:HASH as `lacuna token` prints it";
export const TOKEN_ACCEPTED = `repeatable; ${LINE_ACCEPTED}`;
const SHAPE = /^([a-z]+):([\w.-]{1,64}):([0-9a-f]{64})$/;

const isScope = (word: string): word is Scope => (SCOPES as readonly string[]).includes(word);

/** Read the lines of all tokens. */
export const parseTokens = (lines: readonly string[]): Parsed<readonly ApiToken[]> => {
  const tokens: ApiToken[] = [];
  for (const line of lines) {
    const [, scope = "", name, hash] = SHAPE.exec(line) ?? [];
    if (name === undefined || hash === undefined || !isScope(scope)) return accepting(LINE_ACCEPTED);
    tokens.push({ scope, name, hash: Buffer.from(hash, "hex") });
  }
  return { value: tokens };
};

/** A new token, and the line of it for the configuration, which cannot be turned back into the token. */
export const makeToken = (scope: Scope, name: string): { token: string; line: string } => {
  const token = randomBytes(32).toString("base64url");
  return { token, line: `${scope}:${name}:${Buffer.from(hashToken(token)).toString("hex")}` };
};
