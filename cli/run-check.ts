import { networkInterfaces } from "node:os";
import type { ListenerConfig } from "../collector/listener-url.ts";
import { type OpenedSocket, openSocket } from "../collector/open-socket.ts";
import { loadNativeSockets, type NativeSockets } from "../collector/receive/native-socket.ts";
import { loadSettings } from "../common/config.ts";
import { LacunaError, messageOf } from "../common/errors.ts";
import { diagnose, type ListenerFacts } from "./diagnosis.ts";
import { hostFacts } from "./host-facts.ts";
import { checkExposure, readTls } from "./http-server.ts";
import { COLLECT_OPTIONS, type CollectSettings } from "./options.ts";
import { reportDiagnoses } from "./run-doctor.ts";

/** As the collector would choose them. */
const socketsFor = async (receive: CollectSettings["receive"]): Promise<NativeSockets | null> => {
  if (receive === "dgram") return null;
  const loaded = await loadNativeSockets();
  if (!("missing" in loaded)) return loaded;
  if (receive === "native") {
    throw new LacunaError("ERR_RECEIVE_NATIVE", `receive=native cannot be had: ${loaded.missing}`);
  }
  return null;
};

const factsOf = (
  config: ListenerConfig,
  outcome: { state: string; reason: string | null; opened: OpenedSocket | null },
): ListenerFacts => ({
  url: config.url,
  state: outcome.state,
  reason: outcome.reason,
  optional: config.optional,
  group: config.kind === "group" ? config.address : null,
  interface: outcome.opened?.interface?.name ?? config.interface,
  receiveBuffer: {
    requestedBytes: config.receiveBufferBytes,
    grantedBytes: outcome.opened?.buffer.grantedBytes ?? null,
    ceilingBytes: outcome.opened?.buffer.ceilingBytes ?? null,
  },
});

/** Bind and join; all sockets stay open until the end, so that listeners are tried side by side as the collector has them. */
const tryListener = async (
  config: ListenerConfig,
  sockets: NativeSockets | null,
  open: OpenedSocket[],
): Promise<ListenerFacts> => {
  if (!config.enabled) return factsOf(config, { state: "DISABLED", reason: null, opened: null });
  try {
    const opened = await openSocket(config, networkInterfaces(), sockets);
    open.push(opened);
    return factsOf(config, { state: "OK", reason: null, opened });
  } catch (error) {
    return factsOf(config, { state: "UNAVAILABLE", reason: messageOf(error), opened: null });
  }
};

/** @throws ConfigurationError when the configuration is wrong by itself */
export const check = async ({ json, ...flags }: Record<string, unknown>): Promise<void> => {
  const settings = loadSettings(COLLECT_OPTIONS, flags);
  checkExposure(settings);
  readTls(settings);
  const sockets = await socketsFor(settings.receive);
  const open: OpenedSocket[] = [];
  const facts: ListenerFacts[] = [];
  for (const config of settings.listeners) facts.push(await tryListener(config, sockets, open));
  for (const { socket, native } of open) {
    native?.release();
    socket.close();
  }
  const host = hostFacts();
  reportDiagnoses(
    facts.map((listener) => diagnose(listener, host)),
    json === true,
  );
};
