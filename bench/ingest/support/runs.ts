import { readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { LacunaError, messageOf } from "../../../common/errors.ts";
import { getJson, type RunningCollector, startCollector } from "../../../test/support/lacuna-process.ts";
import { processMemory } from "../../../test/support/process-memory.ts";
import { temporaryFolder } from "../../support/temporary.ts";
import { Child, sendLoad } from "./child.ts";
import type { GeneratorOptions, GeneratorResult } from "./generator.ts";
import { type ProcessUsage, processUsage, usageSince } from "./process-usage.ts";

/** A load as a scenario asks for it. */
export type Load = Omit<GeneratorOptions, "port">;

export interface RunSettings {
  receive: "auto" | "native" | "dgram";
  /** more words for `lacuna collect` */
  collectArgs: readonly string[];
  /** node options of the collector, such as --cpu-prof */
  nodeOptions: string;
}

/** One load against one receiver. CPU counts from before the first datagram to after the last. */
export interface Run {
  generator: GeneratorResult;
  usage: ProcessUsage;
  /** how long `usage` was counted */
  wallSeconds: number;
  /** microseconds of CPU per datagram the process took from its socket, HEARTBEATs included: what the kernel dropped cost it nothing */
  usPerDatagram: number;
  /** taken from the socket, HEARTBEATs and what an observer sent included */
  datagrams: number;
  /** numbers that were sent and not received; HEARTBEATs too by the discard receiver, which tells them not apart */
  lost: number;
}

/** The load against the discard receiver. */
export const runDiscard = async (load: Load, { receive }: RunSettings): Promise<Run> => {
  const child = new Child("discard.ts", receive);
  try {
    const { port } = await child.nextLine<{ port: number }>();
    await sleep(SETTLE_MS);
    const [before, beganMs] = [processUsage(child.pid), performance.now()];
    const generator = await sendLoad({ ...load, port });
    await sleep(SETTLE_MS);
    const usage = usageSince(before, processUsage(child.pid));
    const wallSeconds = (performance.now() - beganMs) / 1000;
    const { datagrams } = await child.finish<{ datagrams: number }>();
    return {
      generator,
      usage,
      wallSeconds,
      datagrams,
      usPerDatagram: (usage.cpuSeconds * 1e6) / datagrams,
      lost: generator.sent + generator.control - datagrams,
    };
  } finally {
    child.kill();
  }
};

/** What only the collector has. */
export interface CollectorRun extends Run {
  /** by where it is known to have happened: `kernelDrops` counts HEARTBEATs too, `shed` and the causes are numbers of the ledger */
  kernelDrops: number | null;
  shed: number;
  causes: Record<string, number>;
  /** every number sent is in exactly one bin of the ledger */
  isAccounted: boolean;
  /** numbers stored, and readings that queries returned for some devices of those they sent */
  stored: number;
  queried: { readings: number; expected: number };
  peakBytes: number;
  residentBytes: number;
  /** database files after a clean stop */
  fileBytes: number;
  bytesPerReading: number;
  /** written from the start of the load to the end of the process, bytes */
  writtenBytes: number;
  /** seconds from the last datagram to a complete ledger */
  settleSeconds: number;
}

/** Something that is measured while the load runs; `stop` gives its figures. */
export interface Observer<T> {
  /** @returns its figures, and how many datagrams it has sent itself */
  stop(): Promise<{ figures: T; sent: number }>;
}

const SETTLE_MS = 500;
/** after that a listener's status is newer than now: it comes twice a second */
const STATUS_MS = 1000;
/** devices whose readings are queried after a run */
const QUERIED_DEVICES = 5;
const PAGE = 10_000;
const GIVE_UP_MS = 60_000;
/** no change for so long: the ledger has come to rest */
const STEADY_MS = 3000;

interface ListenerStatus {
  kernelDrops: number | null;
  counters: { datagrams: number };
}

interface LedgerTotal {
  expected: number;
  received: number;
  missing: number;
  lost: number;
  stored: number;
  pending: number;
  shed: number;
  causes: Record<string, number>;
}

const fleetLedger = async (api: string): Promise<LedgerTotal> =>
  (await getJson<{ total: LedgerTotal }>(`${api}/api/v1/ledger`)).total;

/** The ledger once it knows of all that was sent and is waiting for nothing, or does not change any more. */
const restingLedger = async (api: string, sent: number): Promise<LedgerTotal> => {
  const sinceMs = performance.now();
  let [last, changedAtMs] = ["", sinceMs];
  for (;;) {
    const total = await fleetLedger(api);
    const nowMs = performance.now();
    const { expected, missing, pending, received, stored } = total;
    if (expected === sent && missing === 0 && pending === 0 && received === stored) return total;
    const text = JSON.stringify(total);
    if (text !== last) [last, changedAtMs] = [text, nowMs];
    if (nowMs - changedAtMs > STEADY_MS || nowMs - sinceMs > GIVE_UP_MS) return total;
    await sleep(50);
  }
};

/** Readings a device's pages hold. */
const countReadings = async (api: string, id: string): Promise<number> => {
  let count = 0;
  let cursor: string | null = null;
  do {
    const more: string = cursor === null ? "" : `&cursor=${encodeURIComponent(cursor)}`;
    const page: ReadingsPage = await getJson(`${api}/api/v1/devices/${id}/readings?limit=${PAGE}${more}`);
    for (const { values } of page.readings) count += Object.keys(values).length;
    cursor = page.next;
  } while (cursor !== null);
  return count;
};

interface ReadingsPage {
  readings: { values: Record<string, unknown> }[];
  next: string | null;
}

const querySome = async (api: string, load: Load): Promise<CollectorRun["queried"]> => {
  const { devices } = await getJson<{ devices: { id: string; ledger: { received: number } }[] }>(
    `${api}/api/v1/devices?limit=${QUERIED_DEVICES}`,
  );
  let [readings, expected] = [0, 0];
  for (const { id, ledger } of devices) {
    readings += await countReadings(api, id);
    expected += ledger.received * load.readings;
  }
  return { readings, expected };
};

const databaseBytes = (folder: string): number =>
  readdirSync(folder)
    .filter((name) => name.includes(".db") && !name.endsWith("-lock"))
    .reduce((sum, name) => sum + statSync(join(folder, name)).size, 0);

/** End a process; what it had written shortly before its end. */
const stopAndWatch = async (pid: number, stop: () => Promise<unknown>): Promise<ProcessUsage> => {
  let last = processUsage(pid);
  const watch = setInterval(() => {
    try {
      last = processUsage(pid);
    } catch {
      clearInterval(watch);
    }
  }, 5);
  await stop();
  clearInterval(watch);
  return last;
};

/** The load against `lacuna collect` on a fresh database. */
export const runCollector = async <T>(
  load: Load,
  settings: RunSettings,
  observe: (api: string, port: number, pid: number) => Observer<T>,
): Promise<{ run: CollectorRun; observed: T }> => {
  const folder = temporaryFolder();
  let collector: RunningCollector | undefined;
  try {
    collector = await startCollector(
      [
        "--listen",
        "udp://127.0.0.1:0",
        "--db",
        join(folder.path, "lacuna.db"),
        "--receive",
        settings.receive,
        ...settings.collectArgs,
      ],
      { env: { LACUNA_LOG_LEVEL: "info", NODE_OPTIONS: settings.nodeOptions } },
    ).catch((error: unknown) => {
      throw new LacunaError("ERR_BENCH_COLLECTOR", `lacuna collect did not start: ${messageOf(error)}`);
    });
    const { stop } = collector;
    const { api } = collector;
    const { pid } = collector.process;
    const port = collector.ports[0]!;
    await sleep(SETTLE_MS);
    const [before, beganMs] = [processUsage(pid), performance.now()];
    const observer = observe(api, port, pid);
    const generator = await sendLoad({ ...load, port });
    const endMs = performance.now();
    const observed = await observer.stop();
    const sent = generator.sent + observed.sent;
    const total = await restingLedger(api, sent);
    const settleSeconds = (performance.now() - endMs) / 1000;
    const usage = usageSince(before, processUsage(pid));
    const wallSeconds = (performance.now() - beganMs) / 1000;
    const memory = processMemory(pid);
    await sleep(STATUS_MS);
    const status = await getJson<{ listeners: [ListenerStatus] }>(`${api}/api/v1/status`);
    const [{ kernelDrops, counters }] = status.listeners;
    const { datagrams } = counters;
    const queried = await querySome(api, load);
    const atEnd = await stopAndWatch(pid, stop);
    const fileBytes = databaseBytes(folder.path);
    const run: CollectorRun = {
      generator,
      usage,
      wallSeconds,
      datagrams,
      kernelDrops,
      usPerDatagram: (usage.cpuSeconds * 1e6) / datagrams,
      lost: sent - total.received,
      shed: total.shed,
      causes: total.causes,
      isAccounted: total.expected === sent && total.received + total.lost === sent,
      stored: total.stored,
      queried,
      peakBytes: memory.peakBytes,
      residentBytes: memory.residentBytes,
      fileBytes,
      bytesPerReading: fileBytes / (total.stored * load.readings),
      writtenBytes: atEnd.writtenBytes - before.writtenBytes,
      settleSeconds,
    };
    return { run, observed: observed.figures };
  } finally {
    await collector?.stop();
    folder.remove();
  }
};
