import type { Scope } from "../../api/plugins/auth.ts";
import { ConfigurationError } from "../../common/errors.ts";
import { makeToken, parseTokens } from "../options/http-token.ts";
import { print } from "../terminal/output.ts";

/** Prints a new token and its line for the configuration. */
export const token = async ({
  name,
  scope,
  json,
}: {
  name: string;
  scope: Scope;
  json?: boolean;
}): Promise<void> => {
  const made = makeToken(scope, name);
  if ("mistake" in parseTokens([made.line])) {
    const sentence = "accepted is 1 to 64 letters, digits, dots, underscores and hyphens";
    throw new ConfigurationError([{ key: "name", origin: "--name", value: name, sentence }]);
  }
  if (json) {
    await print(`${JSON.stringify(made)}\n`);
    return;
  }
  await print(
    `The token, shown only now:\n  ${made.token}\nIts line for lacuna.toml:\n  token = ["${made.line}"]\n` +
      `A client says:\n  curl -H "Authorization: Bearer ${made.token}" …\n`,
  );
};
