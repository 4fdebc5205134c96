import { InvalidArgumentError } from "commander";

/** Parser of a flag that is a whole number. @throws InvalidArgumentError */
export const wholeNumber =
  (most: number) =>
  (text: string): number => {
    const value = Number(text);
    if (!/^\d+$/.test(text) || value > most) {
      throw new InvalidArgumentError(`accepted is a whole number from 0 to ${most}`);
    }
    return value;
  };
