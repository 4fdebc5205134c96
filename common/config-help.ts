import { envNameOf, flagOf, type Schema } from "./config.ts";

/** A flag as a command-line parser wants it. */
export interface FlagHelp {
  key: string;
  /** `--max-gaps <number>` */
  flag: string;
  description: string;
  repeatable: boolean;
}

/** One flag per option of the schema, with range, default and environment name in the description. */
export const flagsOf = (schema: Schema): FlagHelp[] =>
  Object.values(schema).map((option) => ({
    key: option.key,
    flag: `${flagOf(option.key)} <${option.placeholder}>`,
    description: `${option.doc} (${option.accepted}; default: ${option.defaultText}; env: ${envNameOf(option.key)})`,
    repeatable: option.repeatable,
  }));
