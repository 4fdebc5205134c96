import type { Command } from "commander";
import { registerAudit } from "./audit/audit.ts";
import { registerCollect } from "./collect/collect.ts";
import { registerCompletion } from "./completion/completion.ts";
import { registerDemo } from "./demo/demo.ts";
import { registerCheck } from "./diagnose/check.ts";
import { registerDoctor } from "./diagnose/doctor.ts";
import { registerExport } from "./export/export.ts";
import { LacunaCommand } from "./lacuna-command.ts";
import { registerDevices } from "./list/devices.ts";
import { registerGaps } from "./list/gaps.ts";
import { registerSend } from "./send/send.ts";
import { registerInit } from "./setup/init.ts";
import { registerToken } from "./setup/token.ts";
import { registerSimulate } from "./simulate/simulate.ts";
import { registerTail } from "./tail/tail.ts";
import { registerHelp } from "./terminal/help.ts";

/** What a flag or a command means is broken between words down to this, characters; commander gives up at 40, where a terminal has 70. */
const NARROWEST = 20;

/** The command with all its subcommands, not yet run. @param writeOut - takes what is asked for of the program itself: help, version */
export const createProgram = (version: string, writeOut: (text: string) => void): Command => {
  const program = new LacunaCommand("lacuna")
    .description("A telemetry collector over UDP that leaves no unexplained gap.")
    .version(version);
  registerCollect(program, version);
  registerInit(program);
  registerCheck(program);
  registerDoctor(program);
  registerToken(program);
  registerTail(program);
  registerDevices(program);
  registerGaps(program);
  registerExport(program);
  registerSend(program);
  registerSimulate(program);
  registerAudit(program);
  registerDemo(program, version);
  registerCompletion(program);
  registerHelp(program);
  // commands inherit nothing of the program's set-up by themselves
  for (const command of [program, ...program.commands])
    command
      .exitOverride()
      .configureOutput({ writeOut })
      .configureHelp({ minWidthToWrap: NARROWEST })
      .showHelpAfterError("(--help shows what is accepted)");
  return program;
};
