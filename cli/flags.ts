import type { Command } from "commander";
import type { Schema } from "../common/config.ts";
import { type FlagHelp, flagsOf } from "../common/config-help.ts";

/** Parser of a flag that can be given several times. */
export const collectAll = (value: string, before: string[] | undefined): string[] => [
  ...(before ?? []),
  value,
];

const addFlag = (command: Command, { flag, description, repeatable }: FlagHelp): void => {
  if (repeatable) command.option(flag, description, collectAll);
  else command.option(flag, description);
};

/**
 * One flag per option of the schema. Values stay raw: the schema checks them together with file and environment.
 * @param hasEnvironment - the command reads the environment too
 */
export const addFlags = (command: Command, schema: Schema, hasEnvironment: boolean): Command => {
  for (const flag of flagsOf(schema, hasEnvironment)) addFlag(command, flag);
  return command;
};
