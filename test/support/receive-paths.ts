import { loadNativeSockets, type NativeSockets } from "../../collector/receive/native-socket.ts";
import type { ReceiveChoice, ReceivePath } from "../../collector/receive/receiver.ts";

const loaded = await loadNativeSockets();

/** Null where the native path cannot be had. */
export const nativeSockets: NativeSockets | null = "missing" in loaded ? null : loaded;

if ("missing" in loaded) {
  if (process.env.CI !== undefined)
    throw new Error(`the native receive path is not tested: ${loaded.missing}`);
  console.warn(`the native receive path is not tested: ${loaded.missing}`);
}

/** The receive paths that can be had here: tests of sockets run on each. */
export const RECEIVE_PATHS_HERE: readonly ReceivePath[] =
  nativeSockets === null ? ["dgram"] : ["dgram", "native"];

/** What LACUNA_RECEIVE asks for: whole test projects run on one path by it. */
export const RECEIVE_ASKED: ReceiveChoice = process.env.LACUNA_RECEIVE === "dgram" ? "dgram" : "auto";

/** The path that a collector started here receives by. */
export const RECEIVE_EXPECTED: ReceivePath =
  RECEIVE_ASKED === "dgram" || nativeSockets === null ? "dgram" : "native";

export const socketsOf = (path: ReceivePath): NativeSockets | null =>
  path === "native" ? nativeSockets : null;
