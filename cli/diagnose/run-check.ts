import { networkInterfaces } from "node:os";
import { openingFindings } from "../../api/findings/opening.ts";
import type { HostFacts, ListenerState } from "../../api/part-status.ts";
import type { ListenerConfig } from "../../collector/listener/listener-url.ts";
import { type OpenedSocket, openSocket } from "../../collector/listener/open-socket.ts";
import { findSockets } from "../../collector/receive/choose-sockets.ts";
import type { NativeSockets } from "../../collector/receive/native-socket.ts";
import { systemClock } from "../../common/clock.ts";
import { codeOf, LacunaError, messageOf } from "../../common/errors.ts";
import { loadCollectSettings } from "../collect/collect-settings.ts";
import type { HttpAddress } from "../options/http-address.ts";
import { outOfDate, readTls, type TlsFiles } from "../options/tls-files.ts";
import { hostFacts } from "../service/host-facts.ts";
import { refusedByBrowsers, tryListening } from "../service/http-server.ts";
import { databaseFindings } from "./database-findings.ts";
import { type CollectorFinding, type Diagnosis, diagnosisOf } from "./diagnosis.ts";
import { reportDiagnoses } from "./run-doctor.ts";

type Outcome = { state: ListenerState; reason: string | null; opened: OpenedSocket | null };

const diagnose = (config: ListenerConfig, outcome: Outcome, host: HostFacts): Diagnosis => {
  const { state, reason, opened } = outcome;
  const listener = {
    url: config.url,
    state,
    reason,
    optional: config.optional,
    group: config.kind === "group" ? config.address : null,
    interface: opened?.interface?.name ?? config.interface,
  };
  const buffer = {
    requestedBytes: config.receiveBufferBytes,
    grantedBytes: opened?.buffer.grantedBytes ?? null,
    ceilingBytes: opened?.buffer.ceilingBytes ?? null,
  };
  const findings = openingFindings(
    {
      ...listener,
      receiveBufferRequestedBytes: buffer.requestedBytes,
      receiveBufferGrantedBytes: buffer.grantedBytes,
      receiveBufferCeilingBytes: buffer.ceilingBytes,
    },
    host,
  );
  const memberships =
    listener.group === null ? null : { used: state === "OK" ? 1 : 0, limit: host.membershipLimit };
  return diagnosisOf({ ...listener, memberships, receiveBuffer: buffer }, findings);
};

/** Bind and join; all sockets stay open until the end, so that listeners are tried side by side as the collector has them. */
const tryListener = async (
  config: ListenerConfig,
  sockets: NativeSockets | null,
  open: OpenedSocket[],
): Promise<Outcome> => {
  if (!config.enabled) return { state: "DISABLED", reason: null, opened: null };
  try {
    const opened = await openSocket(config, { interfaces: networkInterfaces(), sockets });
    open.push(opened);
    return { state: "OK", reason: null, opened };
  } catch (error) {
    return { state: "UNAVAILABLE", reason: messageOf(error), opened: null };
  }
};

/** Last of all, as the collector does it. */
const httpFindings = async (http: HttpAddress): Promise<CollectorFinding[]> => {
  try {
    await tryListening(http);
    const sentence = refusedByBrowsers(http);
    return sentence === null
      ? []
      : [{ code: "http", severity: "advice", sentence, fix: null, listener: null }];
  } catch (error) {
    if (!(error instanceof LacunaError)) throw error;
    const isTaken = codeOf(error.cause) === "EADDRINUSE";
    const fix = isTaken ? `ss -ltnp 'sport = :${http.port}'  # shows who has the port` : null;
    return [{ code: "http", severity: "problem", sentence: error.message, fix, listener: null }];
  }
};

const tlsFindings = (tls: TlsFiles | null): CollectorFinding[] => {
  const sentence = tls === null ? null : outOfDate(tls, systemClock.wallUs() / 1000);
  if (sentence === null) return [];
  return [
    { code: "http", severity: "advice", sentence, fix: "tlsCert: a renewed certificate", listener: null },
  ];
};

/** @throws ConfigurationError when the configuration is wrong by itself */
export const check = async ({ json, ...flags }: Record<string, unknown>): Promise<void> => {
  const settings = loadCollectSettings(flags);
  const tls = readTls(settings);
  // as the collector would choose them
  const found = await findSockets(settings.receive);
  const sockets = "missing" in found ? null : found;
  const open: OpenedSocket[] = [];
  const host = hostFacts();
  const diagnoses: Diagnosis[] = [];
  for (const config of settings.listeners) {
    diagnoses.push(diagnose(config, await tryListener(config, sockets, open), host));
  }
  const ofCollector = [
    ...databaseFindings(settings.dbPath, systemClock.wallUs()),
    ...(await httpFindings(settings.http)),
    ...tlsFindings(tls),
  ];
  for (const { socket, native } of open) {
    native?.release();
    socket.close();
  }
  await reportDiagnoses(diagnoses, json === true, ofCollector);
};
