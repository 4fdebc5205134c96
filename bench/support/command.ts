import { type ParseArgsConfig, parseArgs } from "node:util";
import { LacunaError } from "../../common/errors.ts";

/** as the `lacuna` command does it (docs/cli.md) */
const EXIT = { FAILED: 1, USAGE: 2 } as const;

/** Says what is wrong with the command line in one sentence, and ends the process. */
export const refuse = (sentence: string): never => {
  console.error(sentence);
  process.exit(EXIT.USAGE);
};

/** The command line by its options. `--help` prints the help and ends the process; so does, with a sentence, an option that is not there. */
export const parseCommand = <T extends ParseArgsConfig>(help: string, config: T) => {
  if (process.argv.slice(2).includes("--help")) {
    console.log(help);
    process.exit();
  }
  try {
    return parseArgs(config);
  } catch (error) {
    const [sentence] = (error as Error).message.split(/\.\s/);
    return refuse(`${sentence}; --help names the options`);
  }
};

interface Bounds {
  least: number;
  most?: number;
  isWhole?: boolean;
}

/**
 * The number an option was given.
 * @param name - such as `--pairs`
 */
export const numberFrom = (
  name: string,
  text: string,
  { least, most = Number.POSITIVE_INFINITY, isWhole = true }: Bounds,
): number => {
  const value = text.trim() === "" ? Number.NaN : Number(text);
  const isRight = Number.isFinite(value) && value >= least && value <= most;
  if (isRight && (!isWhole || Number.isInteger(value))) return value;
  const bounds = most === Number.POSITIVE_INFINITY ? `from ${least} on` : `from ${least} to ${most}`;
  return refuse(`${name} takes a ${isWhole ? "whole number" : "number"} ${bounds}, not '${text}'`);
};

/** The benchmark itself: errors of ours explain themselves in a line, anything else shows its stack. */
export const runBenchmark = async (body: () => Promise<void>): Promise<void> => {
  try {
    await body();
  } catch (error) {
    console.error(error instanceof LacunaError ? error.message : error);
    process.exit(EXIT.FAILED);
  }
};
