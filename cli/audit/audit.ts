import type { Command } from "commander";
import { TOKEN_HELP } from "../options/api-flags.ts";
import { httpUrl } from "../options/flag-parsers.ts";
import type { AuditFlags } from "./run-audit.ts";

export const registerAudit = (program: Command): void => {
  program
    .command("audit")
    .description(
      "reconcile the ledger and every stored reading with the truth of a simulation; exits 0 only when every number is explained",
    )
    .requiredOption("--truth <file>", "truth file of lacuna simulate")
    .option(
      "--api <url>",
      "a running collector, such as http://127.0.0.1:8047; waits until its ledger has settled",
      httpUrl,
    )
    .option("--token <token>", TOKEN_HELP)
    .option("--db <file>", "a database file, also of a collector that is stopped")
    .option("--allow-unknown", "devices and epochs the truth does not know are no differences")
    .option("--json", "print the report as JSON")
    .action(async (flags: AuditFlags) => {
      const { runAudit } = await import("./run-audit.ts");
      await runAudit(flags);
    });
};
