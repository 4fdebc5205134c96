import type { Command } from "commander";
import { SIMULATOR_OPTIONS } from "../../simulator/options/options.ts";
import { addFlags } from "../options/flags.ts";

export const registerSimulate = (program: Command): void => {
  addFlags(
    program
      .command("simulate")
      .description(
        "play a fleet of devices with seeded faults and write down the truth; Ctrl-C ends it in good order",
      ),
    SIMULATOR_OPTIONS,
    false,
  )
    .option("--json", "print the summary as JSON")
    .action(async (flags: Record<string, unknown>) => {
      const { runSimulate } = await import("./run-simulate.ts");
      await runSimulate(flags);
    });
};
