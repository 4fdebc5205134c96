import { type Command, Option } from "commander";
import type { Scope } from "../../api/plugins/auth.ts";

interface TokenFlags {
  name: string;
  scope: Scope;
  json?: boolean;
}

export const registerToken = (program: Command): void => {
  program
    .command("token")
    .description("make a token for the HTTP API; the configuration keeps only its hash")
    .option("--name <name>", "whose it is: letters, digits, . _ -", "reader")
    .addOption(new Option("--scope <scope>", "what it allows").choices(["read", "admin"]).default("read"))
    .option("--json", "as JSON")
    .action(async (flags: TokenFlags) => {
      const { token } = await import("./run-token.ts");
      await token(flags);
    });
};
