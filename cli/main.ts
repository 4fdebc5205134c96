import { readFileSync } from "node:fs";
import { CommanderError } from "commander";
import { createProgram } from "./program.ts";
import { EXIT } from "./terminal/exit-codes.ts";
import { explain } from "./terminal/explain.ts";
import { OutputClosedError, print } from "./terminal/output.ts";

const { version } = JSON.parse(readFileSync(new URL("../package.json", import.meta.url), "utf8")) as {
  version: string;
};

/** help and version, which commander does not wait for */
const printed: Promise<void>[] = [];
const program = createProgram(version, (text) => printed.push(print(text)));

try {
  await program.parseAsync().finally(() => Promise.all(printed));
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
