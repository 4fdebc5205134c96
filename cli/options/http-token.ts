import { randomBytes } from "node:crypto";
import { type ApiToken, hashToken, SCOPES, type Scope } from "../../api/plugins/auth.ts";
import { accepting, type Parsed } from "../../common/options.ts";

export const TOKEN_ACCEPTED = "SCOPE:NAME:HASH as `lacuna token` prints it";
const SHAPE = /^([a-z]+):([\w.-]{1,64}):([0-9a-f]{64})$/;

const isScope = (word: string): word is Scope => (SCOPES as readonly string[]).includes(word);

const parseToken = (line: string): ApiToken | null => {
  const [, scope = "", name, hash] = SHAPE.exec(line) ?? [];
  if (name === undefined || hash === undefined || !isScope(scope)) return null;
  return { scope, name, hash: Buffer.from(hash, "hex") };
};

/** Read the lines of all tokens. */
export const parseTokens = (lines: readonly string[]): Parsed<readonly ApiToken[]> => {
  const read = lines.map(parseToken);
  const tokens = read.filter((token) => token !== null);
  if (tokens.length === lines.length) return { value: tokens };
  const { mistake } = accepting(TOKEN_ACCEPTED);
  // a wrong one may be the token itself: it is told by its place
  const wrong = read.flatMap((token, index) => (token === null ? [index + 1] : []));
  return { mistake: lines.length === 1 ? mistake : `${wrong.join(", ")} of ${lines.length}: ${mistake}` };
};

/** A new token, and the line of it for the configuration, which cannot be turned back into the token. */
export const makeToken = (scope: Scope, name: string): { token: string; line: string } => {
  const token = randomBytes(32).toString("base64url");
  return { token, line: `${scope}:${name}:${Buffer.from(hashToken(token)).toString("hex")}` };
};
