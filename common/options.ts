import { DURATION_ACCEPTED, parseDurationMs } from "./duration.ts";
import { MisuseError } from "./errors.ts";
import { parseSizeBytes, SIZE_ACCEPTED } from "./size.ts";

/** A value as it was understood, or what is wrong: a clause such as "accepted is one of a, b". */
export type Parsed<T> = { value: T } | { mistake: string };

/** The usual mistake: the value is not one of those described. */
export const accepting = (accepted: string): { mistake: string } => ({ mistake: `accepted is ${accepted}` });

/**
 * One option of a schema. `T` is the type of the setting; raw values are strings (environment, flags), what TOML offers, or
 * arrays of these.
 */
export interface Option<T> {
  /** camelCase name in the configuration file; environment variable and flag are derived from it */
  readonly key: string;
  readonly doc: string;
  readonly default: T;
  /** the default as a user would write it */
  readonly defaultText: string;
  /** what is accepted, as a sentence fragment: range, unit, choices */
  readonly accepted: string;
  /** word for the value in help: `<duration>` */
  readonly placeholder: string;
  readonly repeatable: boolean;
  /** the words that are accepted, where only some are */
  readonly choices?: readonly string[];
  /** what is given by mistake may be one */
  readonly isSecret?: boolean;
  /** false for options that name the configuration file itself */
  readonly inFile: boolean;
  parse(raw: unknown): Parsed<T>;
}

interface Common {
  key: string;
  doc: string;
}

/** An option written as one text. `parse` is given non-empty texts only; it must accept the default. */
export const textOption = <T = string>(
  spec: Common & { default: string; placeholder: string; accepted: string; parse(text: string): Parsed<T> },
): Option<T> => ({
  ...spec,
  default: defaultOf(spec.key, spec.parse(spec.default)),
  defaultText: spec.default,
  repeatable: false,
  inFile: true,
  parse(raw) {
    return typeof raw === "string" && raw !== "" ? spec.parse(raw) : accepting(spec.accepted);
  },
});

/** An option whose value is the text itself: a file name, say. */
export const plainTextOption = (
  spec: Common & { default: string; placeholder: string; accepted: string },
): Option<string> => textOption({ ...spec, parse: (value) => ({ value }) });

const defaultOf = <T>(key: string, parsed: Parsed<T>): T => {
  if ("value" in parsed) return parsed.value;
  throw new MisuseError(`the default of ${key} is no value of it: ${parsed.mistake}`);
};

const integerOf = (raw: unknown): number | undefined => {
  if (typeof raw === "number" && Number.isSafeInteger(raw)) return raw;
  if (typeof raw === "string" && /^-?\d{1,16}$/.test(raw)) return Number(raw);
  return undefined;
};

export const integerOption = (
  spec: Common & { default: number; min: number; max: number },
): Option<number> => {
  const accepted = `an integer from ${spec.min} to ${spec.max}`;
  return {
    key: spec.key,
    doc: spec.doc,
    default: spec.default,
    defaultText: String(spec.default),
    accepted,
    placeholder: "number",
    repeatable: false,
    inFile: true,
    parse(raw) {
      const value = integerOf(raw);
      if (value === undefined || value < spec.min || value > spec.max) return accepting(accepted);
      return { value };
    },
  };
};

interface Quantity {
  placeholder: string;
  unitAccepted: string;
  parse(text: string): number;
}
const DURATION: Quantity = {
  placeholder: "duration",
  unitAccepted: DURATION_ACCEPTED,
  parse: parseDurationMs,
};
const SIZE: Quantity = {
  placeholder: "size",
  unitAccepted: SIZE_ACCEPTED,
  parse: parseSizeBytes,
};

const quantityOption = (
  quantity: Quantity,
  spec: Common & { default: string; min: string; max: string },
): Option<number> => {
  const [min, max] = [quantity.parse(spec.min), quantity.parse(spec.max)];
  const range = `from ${spec.min} to ${spec.max}`;
  const accepted = `${quantity.unitAccepted}; ${range}`;
  return {
    key: spec.key,
    doc: spec.doc,
    default: quantity.parse(spec.default),
    defaultText: spec.default,
    accepted: range,
    placeholder: quantity.placeholder,
    repeatable: false,
    inFile: true,
    parse(raw) {
      // a number of a file is its text: so many bytes, and for want of a unit no duration
      const text = typeof raw === "number" ? String(raw) : raw;
      if (typeof text !== "string") return accepting(accepted);
      try {
        const value = quantity.parse(text);
        return value >= min && value <= max ? { value } : accepting(range);
      } catch {
        // the sentence of the parser repeats what the caller adds: key, value
        return accepting(accepted);
      }
    },
  };
};

/** Setting in milliseconds, written with a unit. */
export const durationOption = (
  spec: Common & { default: string; min: string; max: string },
): Option<number> => quantityOption(DURATION, spec);

/** Setting in bytes, written with a unit. */
export const sizeOption = (spec: Common & { default: string; min: string; max: string }): Option<number> =>
  quantityOption(SIZE, spec);

export const choiceOption = <const T extends string>(
  spec: Common & { default: T; choices: readonly T[] },
): Option<T> => {
  const accepted = `one of ${spec.choices.join(", ")}`;
  return {
    key: spec.key,
    doc: spec.doc,
    default: spec.default,
    defaultText: spec.default,
    accepted,
    choices: spec.choices,
    placeholder: "word",
    repeatable: false,
    inFile: true,
    parse(raw) {
      const value = spec.choices.find((choice) => choice === raw);
      return value === undefined ? accepting(accepted) : { value };
    },
  };
};

/** The word that unsets an optional setting. */
export const NONE = "none";

/** The same option, but "none" is accepted, means null, and is the default. */
export const optional = <T>(option: Option<T>): Option<T | null> => ({
  ...option,
  default: null,
  defaultText: NONE,
  accepted: `${option.accepted}; or "${NONE}"`,
  parse(raw) {
    if (raw === NONE) return { value: null };
    const parsed = option.parse(raw);
    return "value" in parsed ? parsed : { mistake: `${parsed.mistake}; or "${NONE}"` };
  },
});

/** The same option, given by flag or environment only. */
export const notInFile = <T>(option: Option<T>): Option<T> => ({ ...option, inFile: false });

/**
 * An option that can be given several times: an array in TOML, a flag repeated, an environment variable split at commas and spaces.
 * `parse` is given all texts at once, so that it can compare them with each other; none only where the default is none.
 */
export const listOption = <T>(
  spec: Common & {
    default: readonly string[];
    placeholder: string;
    /** for each of the texts */
    accepted: string;
    choices?: readonly string[];
    isSecret?: boolean;
    parse(texts: readonly string[]): Parsed<T>;
  },
): Option<T> => ({
  ...spec,
  default: defaultOf(spec.key, spec.parse(spec.default)),
  defaultText: spec.default.join(" "),
  accepted: `repeatable; ${spec.accepted}`,
  repeatable: true,
  inFile: true,
  parse(raw) {
    const items = typeof raw === "string" ? raw.split(/[\s,]+/).filter((part) => part !== "") : raw;
    // an empty list says what an empty default says; an empty text is a variable somebody forgot to fill
    const isEmptyDefault = Array.isArray(raw) && raw.length === 0 && spec.default.length === 0;
    const isTexts =
      Array.isArray(items) &&
      (items.length > 0 || isEmptyDefault) &&
      items.every((item) => typeof item === "string");
    return isTexts ? spec.parse(items) : accepting(`a text, or a list of texts: ${spec.accepted}`);
  },
});
