import { formatDurationMs } from "../../common/duration.ts";
import { quantileOf } from "../../common/log-histogram.ts";
import { formatSizeBytes, sizeInWords } from "../../common/size.ts";
import type { CollectorStatus, StoreStatus } from "../part-status.ts";
import { count, datagrams, type Finding, percent } from "./finding.ts";

/** so many numbers out of order, and that share of them is told of */
const SHARES = [
  { least: 10_000, share: 0.999 },
  { least: 1000, share: 0.99 },
] as const;
/** what comes so late was sent again by its device: no window is meant for that */
const MOST_WINDOW_MS = 10_000;
/** the next minutes may be worse than those seen */
const SPARE = 2;
/** a window so many times as long as needed is worth a change: a lost number is known that much sooner */
const LONG_WINDOW = 4;
const MOST_POOL_BATCHES = 1024;

/** Two digits, at least 1 ms, up. */
const roundedUpMs = (ms: number): number => {
  const step = Math.max(1, 10 ** (Math.floor(Math.log10(ms)) - 1));
  return Math.max(1, Math.ceil(ms / step) * step);
};

/** How long numbers that were out of order kept us waiting, against the window that waits for them. */
export const windowFindings = ({ windowMs, delays }: CollectorStatus["reordering"]): Finding[] => {
  const outOfOrder = delays.reduce((sum, each) => sum + each, 0);
  const known = SHARES.find(({ least }) => outOfOrder >= least);
  if (known === undefined) return [];
  const neededMs = roundedUpMs(quantileOf(delays, known.share) / 1000);
  if (neededMs > MOST_WINDOW_MS) return [];
  const isShort = neededMs > windowMs;
  const verb = isShort ? "is needed" : neededMs < windowMs ? "would have been enough" : "was just enough";
  const isWorthIt = isShort || neededMs * LONG_WINDOW <= windowMs;
  return [
    {
      code: "reorder-window",
      severity: isWorthIt ? "advice" : "note",
      sentence: `A reorder window of ${neededMs} ms ${verb} for ${percent(known.share)} of reordering (${count(outOfOrder)} numbers); it is ${windowMs} ms.`,
      fix: isWorthIt ? `window = "${formatDurationMs(SPARE * neededMs)}"` : null,
      listener: null,
    },
  ];
};

/** What the writer is to its queue. */
type Commits = Pick<StoreStatus, "state" | "commitFailures">;

/** A pool that is full because nothing is committed would be full at any size, a little later. */
const poolFinding = (
  { capacity, refused }: { capacity: number; refused: number },
  { state, commitFailures }: Commits,
): Finding => {
  const failed = `, where ${count(commitFailures)} commit${commitFailures === 1 ? " has" : "s have"} failed since the start`;
  return {
    code: "batch-pool",
    severity: "problem",
    sentence: `${datagrams(refused)} ${refused === 1 ? "was" : "were"} shed: of ${capacity} batches none was free for datagrams, as they were under way to the database${commitFailures === 0 ? "" : failed}.`,
    fix:
      state === "OK" && capacity < MOST_POOL_BATCHES
        ? `poolBatches = ${Math.min(MOST_POOL_BATCHES, 2 * capacity)}`
        : null,
    listener: null,
  };
};

/** What a queue refused. Without a batch the writer, or the disk below it, was slower than the senders. */
export const queueFindings = ({ queues }: Pick<CollectorStatus, "queues">, commits: Commits): Finding[] =>
  queues
    .filter(({ refused }) => refused > 0)
    .map((queue) =>
      queue.name === "batches"
        ? poolFinding(queue, commits)
        : {
            code: "queue-full",
            severity: "problem",
            sentence: `The queue "${queue.name}" was full and refused ${datagrams(queue.refused)}.`,
            fix: null,
            listener: null,
          },
    );

const pathFindings = ({ paths }: CollectorStatus): Finding[] =>
  paths
    .filter(({ state }) => state === "down")
    .map(({ path, listeners }) => ({
      code: "path-down",
      severity: "advice",
      sentence: `${path === null ? "The path without a name" : `Path ${path}`} brings nothing while others bring what it should: what these lose is lost for good.`,
      fix: "look at the network between the senders and its listeners",
      listener: listeners.length === 1 ? listeners[0]! : null,
    }));

const LOOK_FOR_DAMAGE = 'lacuna check, with the collector stopped; docs/storage.md, "A damaged database"';

const fixOfState = (state: StoreStatus["state"], reason: string | null, path: string): string => {
  if (state === "FAILED") return "start the collector again";
  if (reason?.includes("SQLITE_BUSY") === true)
    return `fuser -v ${path}  # shows who else has it open: a transaction of theirs holds the writer up`;
  if (reason?.includes("SQLITE_FULL") === true) return "df -h  # room on the disks";
  return reason?.includes("SQLITE_IOERR_WRITE") === true
    ? "dmesg | tail; quota -s; ulimit -f  # the disk, a quota of the collector's user, or a limit on the size of its files"
    : "dmesg | tail  # what the system says of the disk";
};

const fixOfMerge = (reason: string, path: string): string | null => {
  if (reason.includes("(SQLITE_CORRUPT")) return LOOK_FOR_DAMAGE;
  // what is left is our own: an error in a merge, or memory that its thread did not get
  return /\((SQLITE_|ERR_DATABASE_)/.test(reason) ? fixOfState("FAILING", reason, path) : null;
};

/** room for as much again of readings, in whole MiB */
const ROOM = 2;
const MIB = 2 ** 20;

const sizeFinding = (bytesWithoutReadings: number): Finding => ({
  code: "max-size",
  severity: "problem",
  sentence: `maxSize leaves no room for readings, and they go as soon as they have come: the database takes ${sizeInWords(bytesWithoutReadings)} without them, for what it knows of its devices.`,
  fix: `maxSize = "${formatSizeBytes(MIB * Math.ceil((ROOM * bytesWithoutReadings) / MIB))}"  # or more`,
  listener: null,
});

export const storeFindings = ({
  state,
  reason,
  path,
  mergeError,
  damage,
  bytesWithoutReadings,
}: StoreStatus): Finding[] => [
  ...(state === "OK" || state === "CLOSED"
    ? []
    : [
        {
          code: "database",
          severity: "problem",
          sentence: `The database is ${state}: ${reason ?? "its last commit failed"}. What arrives waits in memory, then is shed.`,
          fix: fixOfState(state, reason, path),
          listener: null,
        } as const,
      ]),
  ...(damage === null
    ? []
    : [
        {
          code: "database-damaged",
          severity: "problem",
          sentence: `The database is damaged: ${damage}. The ledger is whole; newest values may be older ones until their channels speak again, and readings of it are left out.`,
          fix: LOOK_FOR_DAMAGE,
          listener: null,
        } as const,
      ]),
  ...(bytesWithoutReadings === null ? [] : [sizeFinding(bytesWithoutReadings)]),
  ...(mergeError === null
    ? []
    : [
        {
          code: "merging",
          severity: "advice",
          sentence: `A merge failed: ${mergeError}. It is tried again; until one succeeds the database grows faster than it must.`,
          fix: fixOfMerge(mergeError, path),
          listener: null,
        } as const,
      ]),
];

/** Whole devices that are not heard: no list shows them, and no gap. */
const deviceLimitFindings = ({ listeners }: CollectorStatus): Finding[] => {
  const refused = listeners.reduce((sum, { counters }) => sum + (counters.rejected["device-limit"] ?? 0), 0);
  if (refused === 0) return [];
  return [
    {
      code: "device-limit",
      severity: "problem",
      sentence: `${datagrams(refused)} of new devices ${refused === 1 ? "was" : "were"} rejected: as many devices as maxDevices allows are followed, and none of them could make room.`,
      fix: "a greater maxDevices; or, if strangers send under ids of their own, a firewall that lets only the devices through",
      listener: null,
    },
  ];
};

const threadFindings = ({ threads }: CollectorStatus): Finding[] =>
  threads
    .filter(({ state }) => state === "stalled")
    .map(({ name }) => ({
      code: "thread-stalled",
      severity: "problem",
      sentence: `The thread ${name} has said nothing for ten seconds. What arrives waits in the buffers of its sockets, then the kernel drops it.`,
      fix: "dmesg | tail; vmstat 1  # a disk that does not answer, or memory that is swapped out; else start the collector again",
      listener: null,
    }));

export const stalledReadersText = (count: number): string =>
  `${count} ${count === 1 ? "thread that answers queries does" : "threads that answer queries do"} not come back from the database`;

const readerFindings = ({ stalledReaders }: StoreStatus): Finding[] =>
  stalledReaders === 0
    ? []
    : [
        {
          code: "queries-stalled",
          severity: "problem",
          sentence: `${stalledReadersText(stalledReaders)}: its disk may not answer. While none does every query of readings, series, gaps and events is 503.`,
          fix: "dmesg | tail; vmstat 1  # a disk that does not answer, or memory that is swapped out",
          listener: null,
        },
      ];

/** What threads, queues, devices, paths and windows say. */
export const machineryFindings = (status: CollectorStatus, store: StoreStatus): Finding[] => [
  ...threadFindings(status),
  ...readerFindings(store),
  ...queueFindings(status, store),
  ...deviceLimitFindings(status),
  ...pathFindings(status),
  ...windowFindings(status.reordering),
];
