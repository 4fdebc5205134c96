import type { Command } from "commander";
import { addFlags } from "../options/flags.ts";
import { COLLECT_OPTIONS } from "../options/options.ts";
import { helpWidthOf } from "../terminal/help.ts";
import { listenerHelp } from "./listener-help.ts";

export const registerCollect = (program: Command, version: string): void => {
  addFlags(
    program
      .command("collect")
      .description(
        "listen for datagrams, store them, serve the HTTP API; ends by SIGTERM or Ctrl-C with everything accepted stored",
      ),
    COLLECT_OPTIONS,
    true,
  )
    .addHelpText("after", ({ command }) => listenerHelp(helpWidthOf(command)))
    .action(async (flags: Record<string, unknown>) => {
      const { collect } = await import("./run-collect.ts");
      await collect(flags, version);
    });
};
