import type { Command } from "commander";
import { DEFAULT_CONFIG_FILE } from "../../common/config.ts";

export const registerInit = (program: Command): void => {
  program
    .command("init")
    .description("write a configuration file with every option, its default and what it means")
    .argument("[file]", 'where; "-" = standard output', DEFAULT_CONFIG_FILE)
    .option("--force", "write over a file that exists")
    .action(async (file: string, flags: { force?: boolean }) => {
      const { init } = await import("./run-init.ts");
      await init(file, flags);
    });
};
