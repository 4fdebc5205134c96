import { envNameOf, flagOf, type Schema } from "./config.ts";
import type { Option } from "./options.ts";

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

const escapeCell = (text: string): string => text.replaceAll("|", "\\|");

const tomlExample = (option: Option<unknown>): string => {
  if (option.repeatable) return `${option.key} = ${JSON.stringify(option.defaultText.split(" "))}`;
  const isNumber = option.placeholder === "number" && typeof option.default === "number";
  return `${option.key} = ${isNumber ? option.defaultText : JSON.stringify(option.defaultText)}`;
};

/** The option reference in Markdown: a table, then a configuration file with every default. */
export const configurationMarkdown = (schema: Schema): string => {
  const options = Object.values(schema);
  const rows = options.map((option) =>
    [
      `\`${option.inFile ? option.key : "–"}\``,
      `\`${flagOf(option.key)}\``,
      `\`${envNameOf(option.key)}\``,
      `\`${option.defaultText}\``,
      escapeCell(option.accepted),
      escapeCell(option.doc),
    ].join(" | "),
  );
  return [
    "| file | flag | environment | default | accepted | meaning |",
    "| --- | --- | --- | --- | --- | --- |",
    ...rows.map((row) => `| ${row} |`),
    "",
    "```toml",
    ...options.filter((option) => option.inFile).map(tomlExample),
    "```",
    "",
  ].join("\n");
};
