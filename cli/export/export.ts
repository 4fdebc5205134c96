import { type Command, Option } from "commander";
import { addApiFlags } from "../options/api-flags.ts";
import { collectAll } from "../options/flags.ts";
import { EXPORT_FORMATS } from "./rows-text.ts";
import type { ExportFlags } from "./run-export.ts";

export const registerExport = (program: Command): void => {
  addApiFlags(
    program
      .command("export")
      .description(
        "readings of one, some or all devices as CSV or NDJSON, from a running collector or a database file; exits 0 only when all of them are written",
      ),
  )
    .addOption(
      new Option(
        "--db <file>",
        "a database file instead, also of a collector that runs or is stopped",
      ).conflicts(["api", "token"]),
    )
    .option("--device <id>", "only this device; repeatable; all when left out", collectAll)
    .option("--channel <name>", "only this channel; repeatable", collectAll)
    .option("--from <time>", "inclusive: RFC 3339, a date, or a duration before now such as -15m")
    .option("--to <time>", "exclusive")
    .addOption(new Option("--format <format>", "how they are written").choices(EXPORT_FORMATS).default("csv"))
    .addOption(
      new Option("--time <form>", "how times are written")
        .choices(["rfc3339", "us", "ms"])
        .default("rfc3339"),
    )
    .option("--output <file>", "a file, which is there once it is whole, instead of standard output")
    .action(async (flags: ExportFlags) => {
      const { runExport } = await import("./run-export.ts");
      await runExport(flags);
    });
};
