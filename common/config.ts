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

/**
 * Settings from defaults < configuration file < environment < flags. A stronger source replaces a list, it does not add to it.
 * Every given value is checked, also one a stronger source replaces.
 * @throws ConfigurationError with all mistakes at once
 */
export const resolveSettings = <S extends Schema>(schema: S, input: SettingsInput): SettingsOf<S> => {
  const mistakes: ConfigurationMistake[] = [];
  const options = Object.entries(schema);
  const keys = options.map(([, option]) => option.key);
  const fileKeys = new Set(options.filter(([, option]) => option.inFile).map(([, option]) => option.key));
  const given = [
    ...fromFile(input, fileKeys, mistakes),
    ...fromEnv(input, keys, mistakes),
    ...fromFlags(input),
  ];

  const settings: Record<string, unknown> = {};
  for (const [property, option] of options) {
    settings[property] = option.default;
    for (const { key, origin, value } of given) {
      if (key !== option.key) continue;
      const parsed = option.parse(value);
      if ("value" in parsed) settings[property] = parsed.value;
      else {
        const { isSecret = false } = option;
        mistakes.push({ key, origin, value, isSecret, sentence: parsed.mistake });
      }
    }
  }
  if (mistakes.length > 0) throw new ConfigurationError(mistakes);
  return settings as SettingsOf<S>;
};

const readText = (path: string, origin: string | undefined): string | undefined => {
  try {
    return readFileSync(path, "utf8");
  } catch (error) {
    if (codeOf(error) === "ENOENT" && origin === undefined) return undefined;
    const sentence = `this file cannot be read: ${messageOf(error)}`;
    const mistake = { key: "config", origin: origin ?? "the working directory", value: path, sentence };
    throw new ConfigurationError([mistake], { cause: error });
  }
};

/**
 * The values of a TOML file.
 * @param origin - where the file was named: `--config`, `LACUNA_CONFIG`; undefined = nowhere, it need not exist
 * @returns undefined when the file does not exist and need not
 * @throws ConfigurationError when it cannot be read or is not TOML
 */
const readConfigFile = (path: string, origin: string | undefined): SettingsInput["file"] => {
  const text = readText(path, origin);
  if (text === undefined) return undefined;
  try {
    return { path, values: parseToml(text) };
  } catch (error) {
    const mistake = { key: path, origin: path, value: undefined, sentence: messageOf(error) };
    throw new ConfigurationError([mistake], { cause: error });
  }
};

/** The file read when nobody names one. */
export const DEFAULT_CONFIG_FILE = "lacuna.toml";

const configFileOf = (
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
): SettingsOf<S> => {
  const { path, origin } = configFileOf(flags, env);
  const file = path === NONE ? undefined : readConfigFile(path, origin);
  return resolveSettings(schema, { file, env, flags });
};
