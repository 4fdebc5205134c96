import type { Command, Option } from "commander";
import { SchemaFlag } from "../options/flags.ts";

/** What follows a flag or stands as an argument: one of some words, the name of a file, or anything. */
export type Value = readonly string[] | "file" | "any";

export interface FlagNode {
  /** `--device` */
  flag: string;
  description: string;
  /** null = it takes none */
  value: Value | null;
}

export interface CommandNode {
  name: string;
  description: string;
  flags: readonly FlagNode[];
  /** of its first argument; null = it has none */
  argument: Value | null;
}

const FILE = /<(file|path)>/;

const flagValue = (option: Option): Value | null => {
  const { argChoices, flags, required, optional } = option;
  if (!required && !optional) return null;
  const choices = option instanceof SchemaFlag ? option.words : argChoices;
  return choices ?? (FILE.test(flags) ? "file" : "any");
};

const argumentOf = ({ registeredArguments: [argument] }: Command): Value | null => {
  if (argument === undefined) return null;
  return argument.argChoices ?? (argument.name() === "file" ? "file" : "any");
};

const HELP: FlagNode = { flag: "--help", description: "what is accepted", value: null };

/** The commands of a program with their long flags, as completion needs them. */
export const treeOf = (program: Command): CommandNode[] =>
  program.commands.map((command) => ({
    name: command.name(),
    description: command.description(),
    flags: [
      ...command.options.map((option) => ({
        flag: option.long!,
        description: option.description,
        value: flagValue(option),
      })),
      HELP,
    ],
    argument: argumentOf(command),
  }));
