import { LacunaError } from "../../common/errors.ts";
import type { Logger } from "../../common/logger.ts";
import { loadNativeSockets, type NativeSockets } from "./native-socket.ts";
import type { ReceiveChoice } from "./receiver.ts";

/**
 * What makes the sockets of the native path, or why node:dgram does.
 * @throws LacunaError `ERR_RECEIVE_NATIVE` when the native path was asked for by name and cannot be had
 */
export const findSockets = async (choice: ReceiveChoice): Promise<NativeSockets | { missing: string }> => {
  const found = choice === "dgram" ? { missing: "receive=dgram" } : await loadNativeSockets();
  if ("missing" in found && choice === "native") {
    throw new LacunaError("ERR_RECEIVE_NATIVE", `receive=native cannot be had: ${found.missing}`);
  }
  return found;
};

/**
 * The same for a collector, which says in the log which one it is.
 * @returns null = node:dgram
 * @throws LacunaError as `findSockets`
 */
export const chooseSockets = async (choice: ReceiveChoice, logger: Logger): Promise<NativeSockets | null> => {
  const found = await findSockets(choice);
  if ("missing" in found) {
    logger.info({ receive: "dgram", reason: found.missing }, "sockets are read by node:dgram");
    return null;
  }
  logger.info({ receive: "native" }, "sockets are read by recvmmsg");
  return found;
};
