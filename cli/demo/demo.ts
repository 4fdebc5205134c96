import type { Command } from "commander";
import { addFlags } from "../options/flags.ts";
import { DEMO_OPTIONS } from "./demo-options.ts";

export const registerDemo = (program: Command, version: string): void => {
  addFlags(
    program
      .command("demo")
      .description(
        "a collector, its API and a simulated fleet on a bad network, with a live table; Ctrl-C ends it, audits the run and says whether every number is explained",
      ),
    DEMO_OPTIONS,
    false,
  ).action(async (flags: Record<string, unknown>) => {
    const { demo } = await import("./run-demo.ts");
    await demo(flags, version);
  });
};
