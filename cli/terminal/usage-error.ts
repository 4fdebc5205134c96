import { LacunaError } from "../../common/errors.ts";

/** A flag or argument that is not accepted, in one sentence. */
export class UsageError extends LacunaError {
  constructor(message: string) {
    super("ERR_USAGE", message);
  }
}
