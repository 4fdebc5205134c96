import type { Command } from "commander";
import { registerAudit } from "./audit.ts";
import { registerCheck } from "./check.ts";
import { registerCollect } from "./collect.ts";
import { registerCompletion } from "./completion.ts";
import { registerDemo } from "./demo.ts";
import { registerDevices } from "./devices.ts";
import { registerDoctor } from "./doctor.ts";
import { registerExport } from "./export.ts";
import { registerGaps } from "./gaps.ts";
import { registerHelp } from "./help.ts";
import { registerInit } from "./init.ts";
import { LacunaCommand } from "./lacuna-command.ts";
import { registerSend } from "./send.ts";
import { registerSimulate } from "./simulate.ts";
import { registerTail } from "./tail.ts";
import { registerToken } from "./token.ts";

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
