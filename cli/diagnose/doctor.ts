import type { Command } from "commander";
import { type ApiFlags, addApiFlags } from "../options/api-flags.ts";

export const registerDoctor = (program: Command): void => {
  addApiFlags(
    program
      .command("doctor")
      .description(
        "what a running collector says of its listeners, its queues and its database: what keeps datagrams away, and the fix in one line; exits 0 only when there is no problem",
      ),
  )
    .option("--json", "as JSON")
    .action(async (flags: ApiFlags & { json?: boolean }) => {
      const { doctor } = await import("./run-doctor.ts");
      await doctor(flags);
    });
};
