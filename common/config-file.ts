import { envNameOf, flagOf, type Schema } from "./config.ts";
import type { Option } from "./options.ts";

/** The default of an option as a line of TOML. */
export const defaultLine = ({
  key,
  repeatable,
  placeholder,
  default: value,
  defaultText,
}: Option<unknown>): string => {
  if (repeatable) {
    const items = defaultText.split(" ").filter((item) => item !== "");
    return `${key} = [${items.map((item) => JSON.stringify(item)).join(", ")}]`;
  }
  const isNumber = placeholder === "number" && typeof value === "number";
  return `${key} = ${isNumber ? defaultText : JSON.stringify(defaultText)}`;
};

const explained = (option: Option<unknown>): string => {
  const { key, doc, accepted } = option;
  const names = `overridden by: ${envNameOf(key)}, ${flagOf(key)}`;
  return `# ${doc}\n# accepted: ${accepted}; ${names}\n${defaultLine(option)}\n`;
};

/** A configuration file that says what the defaults say, with an explanation of every option it may have. */
export const configFileText = (schema: Schema, head: string): string =>
  [
    ...head.split("\n").map((line) => `# ${line}\n`),
    ...Object.values(schema)
      .filter(({ inFile }) => inFile)
      .map((option) => `\n${explained(option)}`),
  ].join("");
