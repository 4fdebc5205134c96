import { type Command, Option } from "commander";
import { FLEET_SORTS } from "../../api/fleet/fleet-table.ts";
import { DEVICE_STATUSES } from "../../protocol/device-status.ts";
import { addApiFlags } from "../options/api-flags.ts";
import { wholeNumber } from "../options/flag-parsers.ts";
import type { DevicesFlags } from "./run-devices.ts";

export const registerDevices = (program: Command): void => {
  addApiFlags(
    program
      .command("devices")
      .description("the devices of a running collector: status, last seen, rate, completeness, lost numbers"),
  )
    .addOption(new Option("--status <status>", "only devices with this status").choices(DEVICE_STATUSES))
    .option("--search <text>", "part of the id, in any case")
    .option("--min-completeness <ratio>", "from 0 to 1: only devices that are at least so complete")
    .option("--max-completeness <ratio>", "from 0 to 1: only devices that are at most so complete")
    .option(
      "--from <time>",
      "last seen then or later: RFC 3339, a date, or a duration before now such as -15m",
    )
    .option("--to <time>", "last seen before")
    .addOption(new Option("--sort <field>", "what to sort by").choices(FLEET_SORTS))
    .addOption(
      new Option("--order <order>", "direction; what is unknown comes last").choices(["asc", "desc"]),
    )
    .option("--limit <number>", "devices at most; all when left out", wholeNumber(10_000_000, 1))
    .option("--json", "as JSON, with everything the API says of each")
    .action(async (flags: DevicesFlags) => {
      const { devices } = await import("./run-devices.ts");
      await devices(flags);
    });
};
