import { type Command, Option } from "commander";
import { addApiFlags } from "../options/api-flags.ts";
import { collectAll } from "../options/flags.ts";
import type { TailFlags } from "./run-tail.ts";
import { TAIL_FORMATS } from "./tail-text.ts";

export const registerTail = (program: Command): void => {
  addApiFlags(
    program
      .command("tail")
      .description(
        "readings of a running collector as they come, in order, and what is missing; Ctrl-C ends it. A broken connection is made again, and goes on after the last reading that was shown",
      ),
  )
    .option("--device <id>", "only this device; repeatable", collectAll)
    .option("--channel <name>", "only this channel; repeatable", collectAll)
    .addOption(new Option("--format <format>", "how they are written").choices(TAIL_FORMATS).default("text"))
    .action(async (flags: TailFlags) => {
      const { tail } = await import("./run-tail.ts");
      await tail(flags);
    });
};
