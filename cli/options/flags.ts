import { type Command, Option } from "commander";
import type { Schema } from "../../common/config.ts";
import { type FlagHelp, flagsOf } from "../../common/config-help.ts";

/** Parser of a flag that can be given several times. */
export const collectAll = (value: string, before: string[] | undefined): string[] => [
  ...(before ?? []),
  value,
];

/** A flag whose value the schema checks, and names in its description: commander is told neither. */
export class SchemaFlag extends Option {
  /** for completion */
  readonly words: readonly string[] | undefined;

  constructor({ flag, description, repeatable, choices }: FlagHelp) {
    super(flag, description);
    this.words = choices;
    if (repeatable) this.argParser(collectAll);
  }
}

/**
 * One flag per option of the schema. Values stay raw: the schema checks them together with file and environment.
 * @param hasEnvironment - the command reads the environment too
 */
export const addFlags = (command: Command, schema: Schema, hasEnvironment: boolean): Command => {
  for (const flag of flagsOf(schema, hasEnvironment)) command.addOption(new SchemaFlag(flag));
  return command;
};
