import { Command } from "commander";
import { nearMatch } from "../common/near-match.ts";

const isFlag = (word: string): boolean => /^-\D/.test(word);
const withoutValue = (flag: string): string => flag.replace(/=.*$/s, "");
const withoutDashes = (flag: string): string => flag.replace(/^-+/, "");

/** A command that tells of all flags it does not know at once, and before one that is missing: commander names the first, and a slip in a required flag as its absence. */
export class LacunaCommand extends Command {
  override createCommand(name?: string): LacunaCommand {
    return new LacunaCommand(name);
  }

  override parseOptions(words: string[]): ReturnType<Command["parseOptions"]> {
    const parsed = super.parseOptions(words);
    // words of a program are for its commands
    if (this.commands.length === 0) this.#refuseUnknown(parsed.unknown);
    return parsed;
  }

  #refuseUnknown(words: readonly string[]): void {
    const end = words.indexOf("--");
    const flags = words
      .slice(0, end < 0 ? words.length : end)
      .filter(isFlag)
      .map(withoutValue);
    if (flags.length === 0 || flags.some((flag) => flag === "--help" || flag === "-h")) return;
    const known = ["help", ...this.options.map(({ long }) => withoutDashes(long!))];
    const near = flags.flatMap((flag) => nearMatch(withoutDashes(flag), known) ?? []);
    const names = flags.map((flag) => `'${flag}'`).join(", ");
    const hint = near.length === 0 ? "" : `\n(Did you mean ${near.map((name) => `--${name}`).join(", ")}?)`;
    this.error(`error: unknown option${flags.length === 1 ? "" : "s"} ${names}${hint}`, {
      code: "commander.unknownOption",
    });
  }
}
