import { InvalidArgumentError } from "commander";
import { parseTarget } from "../../simulator/options/target.ts";

/** Parser of a flag that is a whole number. @throws InvalidArgumentError */
export const wholeNumber =
  (most: number, least = 0) =>
  (text: string): number => {
    const value = Number(text);
    if (!/^\d+$/.test(text) || value < least || value > most) {
      throw new InvalidArgumentError(`accepted is a whole number from ${least} to ${most}`);
    }
    return value;
  };

/** Parser of a flag that is the base URL of an API. @throws InvalidArgumentError */
export const httpUrl = (text: string): string => {
  if (!/^https?:\/\/[^?#@]+$/.test(text) || !URL.canParse(text)) {
    throw new InvalidArgumentError(
      "accepted is a URL such as http://127.0.0.1:8047, without a user, a query or a fragment",
    );
  }
  return text;
};

/** Parser of a flag that says where datagrams go. @throws InvalidArgumentError */
export const targetUrl = (text: string): string => {
  const { mistakes } = parseTarget(text);
  if (mistakes.length > 0) throw new InvalidArgumentError(mistakes.join("; "));
  return text;
};

/** A reading given by hand: a channel's name or number, and its value. */
export interface GivenReading {
  channel: string;
  value: number;
}

/** Parser of one more argument `NAME=NUMBER`. @throws InvalidArgumentError */
export const oneMoreReading = (text: string, before: readonly GivenReading[] = []): GivenReading[] => {
  const at = text.lastIndexOf("=");
  const value = Number(text.slice(at + 1));
  if (at < 1 || text.slice(at + 1).trim() === "" || Number.isNaN(value)) {
    throw new InvalidArgumentError("accepted is NAME=NUMBER, or with --native CHANNEL=NUMBER");
  }
  return [...before, { channel: text.slice(0, at), value }];
};
