import { parseListenerUrls } from "../../collector/listener/listener-conflicts.ts";
import { type ListenerConfig, ListenerUrlError } from "../../collector/listener/listener-url.ts";
import { RECEIVE_CHOICES } from "../../collector/receive/receiver.ts";
import { DEFAULT_CONFIG_FILE, type SettingsOf } from "../../common/config.ts";
import { LOG_LEVELS } from "../../common/log-levels.ts";
import {
  accepting,
  choiceOption,
  durationOption,
  integerOption,
  listOption,
  NONE,
  notInFile,
  optional,
  type Parsed,
  plainTextOption,
  sizeOption,
  textOption,
} from "../../common/options.ts";
import { HTTP_ADDRESS_ACCEPTED, parseHttpAddress } from "./http-address.ts";
import { HTTP_OPTIONS } from "./http-options.ts";

const parseListen = (urls: readonly string[]): Parsed<readonly ListenerConfig[]> => {
  try {
    return { value: parseListenerUrls(urls) };
  } catch (error) {
    if (error instanceof ListenerUrlError) return { mistake: error.mistakes.join("; ") };
    throw error;
  }
};

/** What SQLite takes for another thing than a file of that name: nothing would be stored, or under a name that its lock does not have. */
const parseDbPath = (path: string): Parsed<string> => {
  const isFile = path.trim() === path && path !== ":memory:";
  return isFile ? { value: path } : accepting("a path, without spaces at its ends, of a file (not :memory:)");
};

/**
 * Every option of `lacuna collect`: the one place that knows type, default, range and meaning. docs/configuration.md is made from it.
 * Properties carry their unit; `key` is the name outside.
 */
export const COLLECT_OPTIONS = {
  listeners: listOption({
    key: "listen",
    doc: "listener URL; any that is given replaces both defaults",
    default: ["udp://0.0.0.0:4747", "udp://239.192.47.47:4748?optional=true"],
    placeholder: "url",
    accepted: "udp://ADDRESS:PORT with options after ?",
    parse: parseListen,
  }),
  http: textOption({
    key: "http",
    doc: "where the HTTP API listens; beyond loopback it needs a token",
    default: "127.0.0.1:8047",
    placeholder: "host:port",
    accepted: HTTP_ADDRESS_ACCEPTED,
    parse: parseHttpAddress,
  }),
  ...HTTP_OPTIONS,
  dbPath: textOption({
    key: "db",
    doc: "database file; created when it does not exist",
    default: "./lacuna.db",
    placeholder: "file",
    accepted: "a path",
    parse: parseDbPath,
  }),
  configPath: notInFile(
    plainTextOption({
      key: "config",
      doc: "configuration file; need not exist unless it is named",
      default: DEFAULT_CONFIG_FILE,
      placeholder: "file",
      accepted: `a path; or "${NONE}" for no file`,
    }),
  ),
  receive: choiceOption({
    key: "receive",
    doc: "how sockets are read: native (Linux on x64 and arm64, with the optional package koffi), dgram (everywhere), or auto: native where it is available",
    default: "auto",
    choices: RECEIVE_CHOICES,
  }),
  workers: integerOption({
    key: "workers",
    doc: "threads that receive; each owns a part of the devices. More than one helps only where one is always busy",
    default: 1,
    min: 1,
    max: 16,
  }),
  flushMs: durationOption({
    key: "flush",
    doc: "longest time a batch waits for the transaction that makes it durable",
    default: "250ms",
    min: "10ms",
    max: "10s",
  }),
  batchIntervalMs: durationOption({
    key: "batchInterval",
    doc: "longest time a datagram waits until its batch goes to the writer, while fewer than half of `poolBatches` are in use",
    default: "100ms",
    min: "5ms",
    max: "5s",
  }),
  poolBatches: integerOption({
    key: "poolBatches",
    doc: "batches of up to 4,096 datagrams between receiver and writer, at most 2.2 MB each. Some are kept for the ledger: 24, or a quarter of a pool below 96. When all others are in use, datagrams are shed until most are free again",
    default: 256,
    min: 2,
    max: 1024,
  }),
  windowMs: durationOption({
    key: "window",
    doc: "reorder window: how long an absent number is waited for before it is asked for again or declared lost",
    default: "250ms",
    min: "0ms",
    max: "1h",
  }),
  retentionMs: optional(
    durationOption({
      key: "retention",
      doc: "readings that arrived longer ago than this are removed; the ledger stays",
      default: "30d",
      min: "1m",
      max: "5200w",
    }),
  ),
  maxSizeBytes: optional(
    sizeOption({
      key: "maxSize",
      doc: "the oldest readings are removed when the database grows beyond this",
      default: "10GiB",
      min: "1MiB",
      max: "1024TiB",
    }),
  ),
  maxDevices: integerOption({
    key: "maxDevices",
    doc: "devices followed at once. For one more, the oldest that never sent two consecutive numbers is forgotten; while such ones are few, an idle one is put aside in the database until it speaks again. Several workers share them out evenly",
    default: 200_000,
    min: 1,
    max: 10_000_000,
  }),
  maxGapsPerDevice: integerOption({
    key: "maxGapsPerDevice",
    doc: "absent ranges remembered exactly for one device",
    default: 4096,
    min: 1,
    max: 8000,
  }),
  maxGaps: integerOption({
    key: "maxGaps",
    doc: "absent ranges remembered exactly for all devices together",
    default: 1_000_000,
    min: 1,
    max: 100_000_000,
  }),
  readers: integerOption({
    key: "readers",
    doc: "threads that answer queries, started when needed, 10 to 15 MiB each; 0: half as many as processors, but 2 to 4",
    default: 0,
    min: 0,
    max: 64,
  }),
  queryTimeoutMs: durationOption({
    key: "queryTimeout",
    doc: "longest time a query may take",
    default: "5s",
    min: "10ms",
    max: "1h",
  }),
  queryReadings: integerOption({
    key: "queryReadings",
    doc: "readings one query may read from the database, however few it answers with",
    default: 20_000_000,
    min: 10_000,
    max: 1_000_000_000,
  }),
  logLevel: choiceOption({
    key: "logLevel",
    doc: "least severe messages that are written to the log",
    default: "info",
    choices: LOG_LEVELS,
  }),
};

export type CollectSettings = SettingsOf<typeof COLLECT_OPTIONS>;
