import { flagOf } from "../common/config.ts";
import { ConfigurationError } from "../common/errors.ts";

/**
 * A mistake across options is found when nobody knows any more where they came from: one whose option was given as a flag is a mistake of the command line.
 * @param thrown - anything; what is no ConfigurationError is returned as it is
 * @param flags - raw values by option key, as the command line gave them
 */
export const blameFlags = (thrown: unknown, flags: Readonly<Record<string, unknown>>): unknown => {
  if (!(thrown instanceof ConfigurationError)) return thrown;
  const mistakes = thrown.mistakes.map((mistake) =>
    flags[mistake.origin] === undefined ? mistake : { ...mistake, origin: flagOf(mistake.origin) },
  );
  return new ConfigurationError(mistakes, { cause: thrown });
};
