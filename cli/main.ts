import { readFileSync } from "node:fs";
import { Command, CommanderError } from "commander";
import { registerAudit } from "./audit.ts";
import { registerCheck } from "./check.ts";
import { registerCollect } from "./collect.ts";
import { registerDemo } from "./demo.ts";
import { registerDoctor } from "./doctor.ts";
import { EXIT } from "./exit-codes.ts";
import { explain } from "./explain.ts";
import { registerSend } from "./send.ts";
import { registerSimulate } from "./simulate.ts";
import { registerToken } from "./token.ts";

const { version } = JSON.parse(readFileSync(new URL("../package.json", import.meta.url), "utf8")) as {
  version: string;
};

const program = new Command("lacuna")
  .description("A telemetry collector over UDP that leaves no unexplained gap.")
  .version(version)
  .exitOverride()
  .showSuggestionAfterError();
registerCollect(program, version);
registerSimulate(program);
registerAudit(program);
registerDemo(program, version);
registerSend(program);
registerToken(program);
registerCheck(program);
registerDoctor(program);
// commands inherit nothing of the program's set-up by themselves
for (const command of program.commands)
  command.exitOverride().showHelpAfterError("(--help shows what is accepted)");

try {
  await program.parseAsync();
} catch (error) {
  if (error instanceof CommanderError) {
    // commander has said what is wrong; help and version end with 0
    process.exitCode = error.exitCode === 0 ? EXIT.OK : EXIT.USAGE;
  } else {
    const { message, exitCode } = explain(error);
    process.stderr.write(`lacuna: ${message}\n`);
    process.exitCode = exitCode;
  }
}
