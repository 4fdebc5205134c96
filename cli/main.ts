import { readFileSync } from "node:fs";
import { CommanderError } from "commander";
import { EXIT } from "./exit-codes.ts";
import { explain } from "./explain.ts";
import { OutputClosedError } from "./output.ts";
import { createProgram } from "./program.ts";

const { version } = JSON.parse(readFileSync(new URL("../package.json", import.meta.url), "utf8")) as {
  version: string;
};

// what commander prints (`--help | head`) has nobody else to be told that it is not read; what commands print is told to them (output.ts)
process.stdout.on("error", () => {
  process.exitCode = EXIT.FAILED;
});

try {
  await createProgram(version).parseAsync();
} catch (error) {
  if (error instanceof CommanderError) {
    // commander has said what is wrong; help and version end with 0
    process.exitCode = error.exitCode === 0 ? EXIT.OK : EXIT.USAGE;
  } else if (error instanceof OutputClosedError) {
    process.exitCode = EXIT.FAILED;
  } else {
    const { message, exitCode } = explain(error);
    process.stderr.write(`lacuna: ${message}\n`);
    process.exitCode = exitCode;
  }
}
