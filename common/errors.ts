import { inspect } from "node:util";

/**
 * Base of every error Lacuna throws: misuse, wrong configuration, I/O failure. Bad input from the network is never one of these,
 * it is a counted reason (protocol/reasons.ts).
 */
export class LacunaError extends Error {
  /** Stable upper-case word such as `ERR_MEMBERSHIP_JOIN`: callers compare codes, never messages. */
  readonly code: string;

  constructor(code: string, message: string, options?: { cause?: unknown }) {
    super(message, options);
    this.name = new.target.name;
    this.code = code;
  }
}

/** One mistake in the configuration: which key, what was given, what is wrong or what is accepted. */
export interface ConfigurationMistake {
  /** the option's key, or the unknown word itself */
  key: string;
  /** where it was given: `--listen`, `LACUNA_LISTEN`, `lacuna.toml` */
  origin: string;
  /** the value as given; undefined when there was none: the key says it all */
  value: unknown;
  /** not to be shown: logs are read by others */
  isSecret?: boolean;
  /** what is wrong with it or what is accepted, a clause to follow the value */
  sentence: string;
}

/** On one line. Tables of a TOML file have no prototype, which is not for people to know. */
const textOf = (value: unknown): string =>
  inspect(value, { breakLength: Number.POSITIVE_INFINITY }).replaceAll("[Object: null prototype] ", "");

const describeMistake = ({ key, origin, value, isSecret, sentence }: ConfigurationMistake): string => {
  if (value === undefined) return `${key}: ${sentence}`;
  if (isSecret === true) return `${key} from ${origin}: ${sentence}`;
  return `${key}: ${textOf(value)} from ${origin}: ${sentence}`;
};

/** Everything that is wrong with a configuration, at once. Code `ERR_CONFIGURATION`. */
export class ConfigurationError extends LacunaError {
  readonly mistakes: readonly ConfigurationMistake[];
  /** all of them were made on the command line: the configuration may be right */
  readonly isUsage: boolean;

  constructor(mistakes: readonly ConfigurationMistake[]) {
    const isUsage = mistakes.every(({ origin }) => origin.startsWith("--"));
    const lines = mistakes.map(describeMistake);
    const message = isUsage ? lines.join("\n") : ["the configuration is wrong:", ...lines].join("\n  ");
    super("ERR_CONFIGURATION", message);
    this.mistakes = mistakes;
    this.isUsage = isUsage;
  }
}

/** The caller broke a rule of an interface (a bug on our side). Code `ERR_MISUSE` unless told otherwise. */
export class MisuseError extends LacunaError {
  constructor(message: string, code = "ERR_MISUSE") {
    super(code, message);
  }
}

/** The message of anything thrown. */
export const messageOf = (thrown: unknown): string =>
  thrown instanceof Error ? thrown.message : String(thrown);

/** The `code` of anything thrown (ours, Node's or SQLite's), or undefined. */
export const codeOf = (thrown: unknown): string | undefined => {
  if (typeof thrown !== "object" || thrown === null || !("code" in thrown)) return undefined;
  return typeof thrown.code === "string" ? thrown.code : undefined;
};
