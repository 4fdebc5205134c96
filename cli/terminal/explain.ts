import { ApiAnswerError } from "../../common/api-client.ts";
import { isOutOfDescriptors } from "../../common/descriptors.ts";
import { ConfigurationError, codeOf, LacunaError, messageOf } from "../../common/errors.ts";
import { EXIT } from "./exit-codes.ts";
import { UsageError } from "./usage-error.ts";

/**
 * What a person is told when a command fails, and with which exit status: errors of ours explain themselves, anything else is a defect and
 * shows its stack.
 */
export const explain = (thrown: unknown): { message: string; exitCode: number } => {
  if (thrown instanceof ConfigurationError) {
    return { message: thrown.message, exitCode: thrown.isUsage ? EXIT.USAGE : EXIT.CONFIGURATION };
  }
  if (thrown instanceof UsageError) return { message: thrown.message, exitCode: EXIT.USAGE };
  // the parameters of a question are the flags of the command
  if (thrown instanceof ApiAnswerError && thrown.parameters.length > 0) {
    const lines = thrown.parameters.map(({ name, detail }) => `--${name.replaceAll("_", "-")}: ${detail}`);
    return { message: lines.join("\n"), exitCode: EXIT.USAGE };
  }
  // not in the words of a header
  if (thrown instanceof ApiAnswerError && thrown.problem === "ERR_UNAUTHENTICATED") {
    const message = "the API asks for a token that is valid: --token, or LACUNA_API_TOKEN in the environment";
    return { message, exitCode: EXIT.FAILED };
  }
  // an answer of ours says what is wrong by itself; what something on the way answers needs the request beside it
  if (thrown instanceof ApiAnswerError && thrown.problem !== "") {
    return { message: thrown.detail, exitCode: EXIT.FAILED };
  }
  if (isOutOfDescriptors(messageOf(thrown))) {
    return {
      message: `${messageOf(thrown).replace(/\.$/, "")}: too few files and sockets may be open at once; ulimit -n raises the limit`,
      exitCode: EXIT.FAILED,
    };
  }
  if (codeOf(thrown) === "ERR_WORKER_INIT_FAILED") {
    return {
      message: `no further thread can be started (${messageOf(thrown)}): too few may run at once; ulimit -u, the TasksMax of a service or the pids limit of a container raises how many`,
      exitCode: EXIT.FAILED,
    };
  }
  if (thrown instanceof LacunaError) return { message: thrown.message, exitCode: EXIT.FAILED };
  const message = thrown instanceof Error ? (thrown.stack ?? thrown.message) : String(thrown);
  return { message, exitCode: EXIT.FAILED };
};
