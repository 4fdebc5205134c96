import { envNameOf, flagOf, type Schema } from "./config.ts";

/** A flag as a command-line parser wants it. */
export interface FlagHelp {
  /** `--max-gaps <number>` */
  flag: string;
  description: string;
  repeatable: boolean;
  /** the words that are accepted, where only some are */
  choices: readonly string[] | undefined;
}

/**
 * One flag per option of the schema, with range and default in the description.
 * @param hasEnvironment - the command reads the environment too: the variable is named
 */
export const flagsOf = (schema: Schema, hasEnvironment: boolean): FlagHelp[] =>
  Object.values(schema).map(({ key, doc, accepted, defaultText, placeholder, repeatable, choices }) => {
    const environment = hasEnvironment ? `; env: ${envNameOf(key)}` : "";
    return {
      flag: `${flagOf(key)} <${placeholder}>`,
      description: `${doc} (${accepted}; default: ${defaultText || "none"}${environment})`,
      repeatable,
      choices,
    };
  });
