import { readFileSync } from "node:fs";
import { parse as parseToml } from "smol-toml";
import { ConfigurationError, type ConfigurationMistake, codeOf, messageOf } from "./errors.ts";
import { nearMatch } from "./near-match.ts";
import { NONE, type Option } from "./options.ts";

/** Settings by property name; each option's `key` is its name outside. */
export type Schema = Readonly<Record<string, Option<unknown>>>;
export type SettingsOf<S extends Schema> = {
  readonly [Property in keyof S]: S[Property] extends Option<infer T> ? T : never;
};

const ENV_PREFIX = "LACUNA_";
/**
 * Kubernetes sets most of these for a service that happens to be called lacuna: they are not meant for us. LACUNA_API_TOKEN is the token of
 * those who ask an API, not of the collector.
 */
const SERVICE_LINK = /^LACUNA_(SERVICE_|PORT$|PORT_|API_TOKEN$)/;

/** `maxGaps` is LACUNA_MAX_GAPS in the environment … */
export const envNameOf = (key: string): string =>
  ENV_PREFIX + key.replaceAll(/[A-Z]/g, (letter) => `_${letter}`).toUpperCase();
/** … and --max-gaps on the command line. */
export const flagOf = (key: string): string =>
  `--${key.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;

/** Raw values by key, from the weakest to the strongest. */
export interface SettingsInput {
  file?: { path: string; values: Readonly<Record<string, unknown>> } | undefined;
  env: Readonly<Record<string, string | undefined>>;
  /** by option key; undefined = not given */
  flags: Readonly<Record<string, unknown>>;
}

/** What several options must be right about together. */
export interface Across<S extends Schema> {
  /** nothing is said while one of them is wrong by itself */
  readonly properties: readonly (keyof S)[];
  /** @returns mistakes whose `origin` is the key of the option to blame */
  mistakesOf(settings: SettingsOf<S>): readonly ConfigurationMistake[];
}

interface Given {
  key: string;
  origin: string;
  value: unknown;
}

/** What all of them begin with says nothing of how near two are. */
const nearVariable = (name: string, known: Iterable<string>): string | undefined => {
  const rests = new Map([...known].map((variable) => [variable.slice(ENV_PREFIX.length), variable]));
  return rests.get(nearMatch(name.slice(ENV_PREFIX.length), rests.keys()) ?? "");
};

const unknownKey = (given: Given, known: Iterable<string>): ConfigurationMistake => {
  const near = given.origin.startsWith(ENV_PREFIX)
    ? nearVariable(given.origin, known)
    : nearMatch(given.key, known);
  const hint = near === undefined ? "" : `; did you mean ${near}?`;
  return { ...given, sentence: `this option does not exist${hint}` };
};

const fromFile = (
  input: SettingsInput,
  keys: ReadonlySet<string>,
  mistakes: ConfigurationMistake[],
): Given[] => {
  const { path = "", values = {} } = input.file ?? {};
  const given = Object.entries(values).map(([key, value]) => ({ key, origin: path, value }));
  for (const each of given) if (!keys.has(each.key)) mistakes.push(unknownKey(each, keys));
  return given;
};

const fromEnv = (input: SettingsInput, keys: Iterable<string>, mistakes: ConfigurationMistake[]): Given[] => {
  const keyByName = new Map([...keys].map((key) => [envNameOf(key), key]));
  const given: Given[] = [];
  for (const [name, value] of Object.entries(input.env)) {
    if (!name.startsWith(ENV_PREFIX) || value === undefined) continue;
    const key = keyByName.get(name);
    if (key !== undefined) given.push({ key, origin: name, value });
    else if (!SERVICE_LINK.test(name))
      // its value is not repeated: it may be a token under a name with a slip
      mistakes.push({
        ...unknownKey({ key: name, origin: name, value }, keyByName.keys()),
        value: undefined,
      });
  }
  return given;
};

const fromFlags = (input: SettingsInput): Given[] =>
  Object.entries(input.flags)
    .filter(([, value]) => value !== undefined)
    .map(([key, value]) => ({ key, origin: flagOf(key), value }));

/** Who gave the option that is to blame, as whoever wrote it there must change it. */
const blame = (mistake: ConfigurationMistake, given: readonly Given[]): ConfigurationMistake => {
  const strongest = given.findLast(({ key }) => key === mistake.origin);
  return strongest === undefined ? mistake : { ...mistake, origin: strongest.origin };
};

/**
 * Settings from defaults < configuration file < environment < flags. A stronger source replaces a list, it does not add to it.
 * Every given value is checked, also one a stronger source replaces.
 * @param unread - why there is no file although there should be one: what options are together cannot be said then
 * @throws ConfigurationError with all mistakes at once
 */
export const resolveSettings = <S extends Schema>(
  schema: S,
  input: SettingsInput,
  across: readonly Across<S>[] = [],
  unread: readonly ConfigurationMistake[] = [],
): SettingsOf<S> => {
  const mistakes: ConfigurationMistake[] = [...unread];
  const options = Object.entries(schema);
  const keys = options.map(([, option]) => option.key);
  const fileKeys = new Set(options.filter(([, option]) => option.inFile).map(([, option]) => option.key));
  const given = [
    ...fromFile(input, fileKeys, mistakes),
    ...fromEnv(input, keys, mistakes),
    ...fromFlags(input),
  ];

  const settings: Record<string, unknown> = {};
  const wrong = new Set<keyof S>();
  for (const [property, option] of options) {
    settings[property] = option.default;
    for (const { key, origin, value } of given) {
      if (key !== option.key) continue;
      const parsed = option.parse(value);
      if ("value" in parsed) settings[property] = parsed.value;
      else {
        const { isSecret = false } = option;
        wrong.add(property);
        mistakes.push({ key, origin, value, isSecret, sentence: parsed.mistake });
      }
    }
  }
  for (const { properties, mistakesOf } of unread.length === 0 ? across : []) {
    if (properties.some((property) => wrong.has(property))) continue;
    mistakes.push(...mistakesOf(settings as SettingsOf<S>).map((mistake) => blame(mistake, given)));
  }
  if (mistakes.length > 0) throw new ConfigurationError(mistakes);
  return settings as SettingsOf<S>;
};

type FileRead = { file: SettingsInput["file"] } | { unread: ConfigurationMistake };

/**
 * The values of a TOML file.
 * @param origin - where the file was named: `--config`, `LACUNA_CONFIG`; undefined = nowhere, it need not exist
 * @returns no file when it does not exist and need not; a mistake when it cannot be read or is not TOML
 */
const readConfigFile = (path: string, origin: string | undefined): FileRead => {
  let text: string;
  try {
    text = new TextDecoder("utf-8", { fatal: true }).decode(readFileSync(path));
  } catch (error) {
    if (codeOf(error) === "ENOENT" && origin === undefined) return { file: undefined };
    const isOtherText = codeOf(error) === "ERR_ENCODING_INVALID_ENCODED_DATA";
    const sentence = isOtherText
      ? "this file is no text in UTF-8"
      : `this file cannot be read: ${messageOf(error)}`;
    return { unread: { key: "config", origin: origin ?? "the working directory", value: path, sentence } };
  }
  try {
    return { file: { path, values: parseToml(text) } };
  } catch (error) {
    return { unread: { key: path, origin: path, value: undefined, sentence: messageOf(error) } };
  }
};

/** The file read when nobody names one. */
export const DEFAULT_CONFIG_FILE = "lacuna.toml";

const placeOfConfigFile = (
  flags: Readonly<Record<string, unknown>>,
  env: Readonly<Record<string, string | undefined>>,
): { path: string; origin: string | undefined } => {
  if (flags.config !== undefined) return { path: String(flags.config), origin: flagOf("config") };
  const variable = envNameOf("config");
  const named = env[variable];
  return named === undefined
    ? { path: DEFAULT_CONFIG_FILE, origin: undefined }
    : { path: named, origin: variable };
};

/**
 * Settings of this process: reads the configuration file (`--config`, LACUNA_CONFIG, or ./lacuna.toml when there is one; "none" = no file) and the environment.
 * @param flags - raw values by option key, as the command line gave them
 * @throws ConfigurationError with all mistakes at once
 */
export const loadSettings = <S extends Schema>(
  schema: S,
  flags: Readonly<Record<string, unknown>>,
  env: Readonly<Record<string, string | undefined>> = process.env,
  across: readonly Across<S>[] = [],
): SettingsOf<S> => {
  const { path, origin } = placeOfConfigFile(flags, env);
  // of an empty path the option itself says what is accepted
  const read = path === NONE || path === "" ? { file: undefined } : readConfigFile(path, origin);
  if ("unread" in read) return resolveSettings(schema, { env, flags }, across, [read.unread]);
  return resolveSettings(schema, { file: read.file, env, flags }, across);
};
