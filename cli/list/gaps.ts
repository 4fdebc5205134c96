import { type Command, Option } from "commander";
import { GAP_STATES } from "../../api/sources.ts";
import { CAUSES } from "../../protocol/ledger-row.ts";
import { addApiFlags } from "../options/api-flags.ts";
import { wholeNumber } from "../options/flag-parsers.ts";
import type { GapsFlags } from "./run-gaps.ts";

export const registerGaps = (program: Command): void => {
  addApiFlags(
    program
      .command("gaps")
      .description("which numbers are absent, since when and by whose fault, by device and number"),
  )
    .option("--device <id>", "only gaps of this device")
    .addOption(new Option("--state <state>", "only gaps in this state").choices(GAP_STATES))
    .addOption(new Option("--cause <cause>", "only gaps with this cause").choices(CAUSES))
    .option(
      "--from <time>",
      "open then or later, by the collector's clock: RFC 3339, a date, or a duration before now such as -15m",
    )
    .option("--to <time>", "noticed before")
    .addOption(
      new Option("--order <order>", "by run and number; desc: the newest numbers first").choices([
        "asc",
        "desc",
      ]),
    )
    .option("--limit <number>", "gaps at most; all when left out", wholeNumber(1_000_000_000, 1))
    .option("--json", "as JSON")
    .action(async (flags: GapsFlags) => {
      const { gaps } = await import("./run-gaps.ts");
      await gaps(flags);
    });
};
