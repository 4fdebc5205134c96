import { VALUE_TYPE } from "../../protocol/constants.ts";

export type ReadingValue = number | boolean;

/** A stored value as outside: bools are booleans, all other types numbers. @param type - VALUE_TYPE.* */
export const readingValue = (type: number, value: number): ReadingValue =>
  type === VALUE_TYPE.BOOL ? value !== 0 : value;
