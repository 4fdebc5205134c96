import { accepting, type Option } from "../../common/options.ts";

/** Kinds of options only the simulator needs, beside those of common/options.ts. */

interface Common {
  key: string;
  doc: string;
}

const decimalOf = (raw: unknown): number | undefined => {
  if (typeof raw === "number") return raw;
  return typeof raw === "string" && /^\d+(\.\d+)?(e-?\d+)?$/i.test(raw) ? Number(raw) : undefined;
};

/** A number with a fraction, from `min` to `max`. */
export const numberOption = (
  spec: Common & { default: number; min: number; max: number },
): Option<number> => {
  const accepted = `a number from ${spec.min} to ${spec.max}`;
  return {
    ...spec,
    defaultText: String(spec.default),
    accepted,
    placeholder: "number",
    repeatable: false,
    inFile: false,
    parse(raw) {
      const value = decimalOf(raw);
      return value !== undefined && value >= spec.min && value <= spec.max ? { value } : accepting(accepted);
    },
  };
};

/** A probability in [0, 1], also written as a percentage. */
export const ratioOption = (spec: Common & { default: number }): Option<number> => {
  const accepted = 'a ratio from 0 to 1, such as "0.02" or "2%"';
  return {
    ...spec,
    defaultText: String(spec.default),
    accepted,
    placeholder: "ratio",
    repeatable: false,
    inFile: false,
    parse(raw) {
      const percent = typeof raw === "string" && raw.endsWith("%") ? decimalOf(raw.slice(0, -1)) : undefined;
      const value = percent === undefined ? decimalOf(raw) : percent / 100;
      return value !== undefined && value >= 0 && value <= 1 ? { value } : accepting(accepted);
    },
  };
};

/** Yes or no. */
export const booleanOption = (spec: Common & { default: boolean }): Option<boolean> => {
  const accepted = "true or false";
  return {
    ...spec,
    defaultText: String(spec.default),
    accepted,
    choices: ["true", "false"],
    placeholder: "true|false",
    repeatable: false,
    inFile: false,
    parse(raw) {
      if (raw === true || raw === "true") return { value: true };
      return raw === false || raw === "false" ? { value: false } : accepting(accepted);
    },
  };
};
