import type { Command } from "commander";
import { addFlags } from "../options/flags.ts";
import { COLLECT_OPTIONS } from "../options/options.ts";

export const registerCheck = (program: Command): void => {
  addFlags(
    program
      .command("check")
      .description(
        "check the configuration of lacuna collect without running it: options, certificate, binds, joins, receive buffers, the address of the HTTP API and the database (its directory, its file system, whether it is Lacuna's, free and undamaged); exits 0 when all of these are right",
      ),
    COLLECT_OPTIONS,
    true,
  )
    .option("--json", "as JSON")
    .action(async (flags: Record<string, unknown>) => {
      const { check } = await import("./run-check.ts");
      await check(flags);
    });
};
