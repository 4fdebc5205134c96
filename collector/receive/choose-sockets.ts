import { LacunaError } from "../../common/errors.ts";
import type { Logger } from "../../common/logger.ts";
import { loadNativeSockets, type NativeSockets } from "./native-socket.ts";
import type { ReceiveChoice } from "./receiver.ts";

/**
 * The receive path that was asked for. Says in the log which one it is.
 * @returns what makes the sockets of the native path; null = node:dgram
 * @throws LacunaError `ERR_RECEIVE_NATIVE` when the native path was asked for by name and cannot be had
 */
export const chooseSockets = async (choice: ReceiveChoice, logger: Logger): Promise<NativeSockets | null> => {
  const loaded = choice === "dgram" ? { missing: "receive=dgram" } : await loadNativeSockets();
  if (!("missing" in loaded)) {
    logger.info({ receive: "native" }, "sockets are read by recvmmsg");
    return loaded;
  }
  if (choice === "native") {
    throw new LacunaError("ERR_RECEIVE_NATIVE", `receive=native cannot be had: ${loaded.missing}`);
  }
  logger.info({ receive: "dgram", reason: loaded.missing }, "sockets are read by node:dgram");
  return null;
};
