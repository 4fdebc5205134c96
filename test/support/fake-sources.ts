import { readings } from "../../api/answers/answer-texts.ts";
import type {
  CollectorStatus,
  ListenerCounters,
  ListenerStatus,
  StoreStatus,
} from "../../api/part-status.ts";
import type {
  DeviceSummary,
  DeviceView,
  EventsPage,
  EventsQuery,
  FleetView,
  GapsPage,
  GapsQuery,
  LiveListener,
  LiveRun,
  PointsQuery,
  RasterDevice,
  RasterQuery,
  ReadingsPage,
  ReadingsQuery,
  ReceivedFound,
  ReceivedQuery,
  RunView,
  SeriesQuery,
  SeriesText,
  Sources,
  TimeForm,
} from "../../api/sources.ts";
import type { DeviceArrivals } from "../../protocol/device-arrivals.ts";
import { emptyFleet } from "../../protocol/fleet-counters.ts";
import { countsOfRow, sumCounts } from "../../protocol/ledger-counts.ts";
import { CAUSE, ROW, ROW_FIELDS, ROW_FLAG } from "../../protocol/ledger-row.ts";

/** 2026-11-20T12:00:00Z */
export const NOON_US = 1_795_176_000_000_000;

/** A ledger row with the given fields, by the keys of ROW. */
export const rowOf = (fields: Partial<Record<keyof typeof ROW, number>>): Float64Array => {
  const row = new Float64Array(ROW_FIELDS);
  row[ROW.FIRST] = -1;
  row[ROW.HIGH_WATER] = -1;
  for (const [field, value] of Object.entries(fields)) row[ROW[field as keyof typeof ROW]] = value;
  return row;
};

/** Numbers 0 to 99: 95 in order, 1 reordered, 1 late, 1 missing, 2 lost to a full queue; heard a second before noon. */
export const usualRow = (): Float64Array => {
  const row = rowOf({
    RUN: 1,
    DEVICE: 1,
    FIRST: 0,
    HIGH_WATER: 99,
    FLAGS: ROW_FLAG.HEAD_KNOWN | ROW_FLAG.CURRENT | ROW_FLAG.CONFIRMED,
    IN_ORDER: 95,
    REORDERED: 1,
    LATE: 1,
    MISSING: 1,
    DUPLICATES: 4,
    FIRST_ARRIVAL: NOON_US - 100_000_000,
    LAST_ARRIVAL: NOON_US - 1_000_000,
    INTERVAL: 1_000_000,
    READINGS: 97,
  });
  row[ROW.LOST + CAUSE.QUEUE_OVERFLOW] = 2;
  return row;
};

export const runOf = (run: Partial<RunView> = {}): RunView => ({
  run: 1,
  epoch: 3,
  index: 0,
  row: usualRow(),
  pending: 0,
  expired: 0,
  ...run,
});

/** The current one, else the one heard last. */
const heardOf = (runs: readonly RunView[]): RunView | undefined =>
  runs.find(({ row }) => (row[ROW.FLAGS]! & ROW_FLAG.CURRENT) !== 0) ??
  runs.toSorted((one, other) => other.row[ROW.LAST_ARRIVAL]! - one.row[ROW.LAST_ARRIVAL]!)[0];

const totalOf = (runs: readonly RunView[]): DeviceView["total"] => {
  const firstArrivals = runs.map(({ row }) => row[ROW.FIRST_ARRIVAL]!).filter((us) => us > 0);
  return {
    runs: runs.length,
    counts: sumCounts(runs.map((run) => countsOfRow(run.row, run))),
    firstArrivalUs: firstArrivals.length === 0 ? 0 : Math.min(...firstArrivals),
    lastArrivalUs: Math.max(0, ...runs.map(({ row }) => row[ROW.LAST_ARRIVAL]!)),
  };
};

export const deviceOf = ({
  runs = [runOf()],
  ...device
}: Partial<DeviceView> & { id: string }): DeviceView => ({
  rateHz: 1,
  source: "10.0.0.9:51234",
  runs,
  newestRuns: () => runs.toReversed(),
  runNumbers: runs.map(({ run }) => run),
  total: totalOf(runs),
  heard: heardOf(runs),
  channels: [{ name: "temperature", unit: "Cel" }],
  hasChannel: (name) => name === "temperature",
  latest: [{ name: "temperature", unit: "Cel", value: 21.5, timeUs: NOON_US - 1_000_000 }],
  latestCount: 1,
  ...device,
});

export const listenerCounters = (counters: Partial<ListenerCounters> = {}): ListenerCounters => ({
  datagrams: 0,
  bytes: 0,
  received: 0,
  duplicates: 0,
  redundant: 0,
  control: 0,
  unsequenced: 0,
  shed: 0,
  held: 0,
  rejected: {},
  refusedReadings: {},
  unusableSendTimes: 0,
  nacks: 0,
  nackBytes: 0,
  nackFailures: 0,
  overloads: 0,
  ...counters,
});

export const listenerOf = (listener: Partial<ListenerStatus> = {}): ListenerStatus => ({
  url: "udp://0.0.0.0:4747",
  state: "OK",
  reason: null,
  sinceUs: NOON_US - 3_600_000_000,
  optional: false,
  address: "0.0.0.0",
  port: 4747,
  ownSockets: [],
  group: null,
  interface: null,
  source: null,
  format: "auto",
  recovery: true,
  path: null,
  receive: "native",
  receiveBufferRequestedBytes: 8_388_608,
  receiveBufferGrantedBytes: 212_992,
  receiveBufferCeilingBytes: 212_992,
  lastDatagramAtUs: NOON_US - 100_000,
  lastRejected: null,
  kernelDrops: 7,
  receiveQueueBytes: 768,
  receiveQueuePeakBytes: 53_248,
  receiveQueuePeakMs: 11,
  counters: listenerCounters(),
  ...listener,
});

const okStore: StoreStatus = {
  path: "./lacuna.db",
  state: "OK",
  reason: null,
  sinceUs: NOON_US - 3_600_000_000,
  schemaVersion: 1,
  sizeBytes: 40_960,
  walBytes: 4096,
  lastCommitUs: NOON_US - 200_000,
  stalledReaders: 0,
  commits: 12,
  commitFailures: 0,
  commitSeconds: 0.25,
  pendingBatches: 0,
  segments: 3,
  readingsStored: 5000,
  merges: 2,
  unmergedSegments: 1,
  unmergedReadings: 40,
  leftOutNames: 0,
  mergeError: null,
  damage: null,
  bytesWithoutReadings: null,
  flushedBytes: 10_000,
  writtenBytes: 45_000,
};

const emptyPage: ReadingsPage = {
  readings: [],
  completeness: { expected: 0, received: 0, missing: 0, lost: 0, unknown: 0 },
  next: null,
};

/** One run says all: enough for what the API makes of it. */
const summaryOf = ({ id, rateHz, runs }: DeviceView): DeviceSummary => {
  const [run] = runs;
  const { row } = run!;
  const { expected, received, recovered, late, missing, lost, causes } = countsOfRow(row, run!);
  const numbers = { expected, received, recovered, late, missing, lost } as Record<string, number>;
  return {
    id,
    epoch: run!.epoch,
    heard: row,
    rateHz,
    lastArrivalUs: row[ROW.LAST_ARRIVAL]!,
    causes: Float64Array.from(Object.values(causes), Number),
    ...numbers,
  } as DeviceSummary;
};

/** Sources a test fills by hand; queries are recorded, and answered with `page` and `gaps`. */
export class FakeSources implements Sources {
  devices!: Map<string, DeviceView>;
  asOfUs!: number;
  heardUntilUs!: number;
  revision!: number;
  counters!: FleetView["counters"];
  /** sums over the devices unless given */
  counts: FleetView["counts"] | undefined;
  collector!: CollectorStatus;
  store!: StoreStatus;
  page!: ReadingsPage;
  /** answered first, each once */
  pages!: ReadingsPage[];
  gapPage!: GapsPage;
  /** answered first, each once */
  gapPages!: GapsPage[];
  readingsQueries!: ReadingsQuery[];
  gapsQueries!: GapsQuery[];
  series!: SeriesText | null;
  seriesQueries!: SeriesQuery[];
  points!: SeriesText | null;
  pointsQueries!: PointsQuery[];
  /** of the header of a CSV without `channel` */
  channelNames!: readonly string[];
  /** how the times of the last series were asked for */
  seriesTime: TimeForm | undefined;
  raster!: RasterDevice[];
  receivedPage!: ReceivedFound;
  receivedQueries!: ReceivedQuery[];
  rasterQueries!: RasterQuery[];
  eventPage!: EventsPage;
  eventsQueries!: EventsQuery[];
  /** what the reader throws */
  failure: Error | undefined;

  constructor() {
    this.reset();
  }

  /** No devices, one listener, everything well. */
  reset(): void {
    this.devices = new Map();
    this.heardUntilUs = Number.POSITIVE_INFINITY;
    this.revision = 7;
    this.asOfUs = NOON_US - 200_000;
    this.counters = emptyFleet();
    this.counts = undefined;
    this.collector = {
      host: { isContainer: false, addresses: ["192.0.2.2"], membershipLimit: 20 },
      listeners: [listenerOf()],
      paths: [],
      threads: [{ name: "ingest", state: "running", utilization: 0.25 }],
      reordering: { windowMs: 250, delays: [] },
      queues: [{ name: "batches", length: 1, capacity: 24, refused: 0 }],
    };
    this.store = { ...okStore };
    this.page = emptyPage;
    this.pages = [];
    this.gapPage = { gaps: [], next: null };
    this.gapPages = [];
    this.readingsQueries = [];
    this.gapsQueries = [];
    this.series = null;
    this.seriesQueries = [];
    this.points = null;
    this.pointsQueries = [];
    this.channelNames = ["temperature"];
    this.seriesTime = undefined;
    this.raster = [];
    this.receivedPage = { epochs: [], hasMore: false, asOfUs: NOON_US };
    this.receivedQueries = [];
    this.rasterQueries = [];
    this.eventPage = { events: [], next: null };
    this.eventsQueries = [];
    this.failure = undefined;
    this.runs = new Map();
  }

  add(...devices: (Partial<DeviceView> & { id: string })[]): void {
    for (const device of devices) this.devices.set(device.id, deviceOf(device));
  }

  remove(id: string): void {
    this.devices.delete(id);
  }

  readonly ledger: Sources["ledger"] = this.#ledger();

  #ledger(): Sources["ledger"] {
    const fake = this;
    return {
      get asOfUs() {
        return fake.asOfUs;
      },
      get heardUntilUs() {
        return fake.heardUntilUs;
      },
      get revision() {
        return fake.revision;
      },
      down: null,
      get deviceCount() {
        return fake.devices.size;
      },
      idsAfter(after, limit) {
        const ids = [...fake.devices.keys()].sort();
        return ids.filter((id) => after === null || id > after).slice(0, limit);
      },
      device: (id) => fake.devices.get(id),
      visitDevices(visit, after = null, limit = fake.devices.size) {
        const ids = this.idsAfter(after, limit + 1);
        for (const id of ids.slice(0, limit)) visit(summaryOf(fake.devices.get(id)!));
        return ids[limit] === undefined ? null : ids[limit - 1]!;
      },
      fleet: () => ({ counts: fake.counts ?? fake.#sum(), counters: fake.counters }),
    };
  }

  #sum(): FleetView["counts"] {
    const runs = [...this.devices.values()].flatMap((device) => device.runs);
    return sumCounts(runs.map((run) => countsOfRow(run.row, run)));
  }

  readonly reader: Sources["reader"] = {
    readingsText: async (query, form) => {
      this.readingsQueries.push(query);
      if (this.failure !== undefined) throw this.failure;
      const page = this.pages.shift() ?? this.page;
      return { ...page, text: readings(page.readings, form) };
    },
    channelNames: async () => this.channelNames,
    seriesText: async (query, time) => {
      this.seriesQueries.push(query);
      this.seriesTime = time;
      if (this.failure !== undefined) throw this.failure;
      return this.series;
    },
    pointsText: async (query, time) => {
      this.pointsQueries.push(query);
      this.seriesTime = time;
      if (this.failure !== undefined) throw this.failure;
      return this.points;
    },
    gaps: async (query) => {
      this.gapsQueries.push(query);
      if (this.failure !== undefined) throw this.failure;
      return this.gapPages.shift() ?? this.gapPage;
    },
    received: async (query) => {
      this.receivedQueries.push(query);
      if (this.failure !== undefined) throw this.failure;
      return this.receivedPage;
    },
    raster: async (query) => {
      this.rasterQueries.push(query);
      if (this.failure !== undefined) throw this.failure;
      return this.raster;
    },
    events: async (query) => {
      this.eventsQueries.push(query);
      if (this.failure !== undefined) throw this.failure;
      return this.eventPage;
    },
  };

  /** of the live feed, once an application is built */
  listener: LiveListener | undefined;
  runs!: Map<number, LiveRun>;
  readonly live: Sources["live"] = {
    file: "nowhere.db",
    flush: 0,
    runOwner: (run) => this.runs.get(run),
    describeRun: (run) => this.runs.get(run),
    listen: (listener) => {
      this.listener = listener;
    },
  };

  collectorStatus = (): CollectorStatus => this.collector;
  arrivals: DeviceArrivals | null = null;
  arrivalsOf = async (): Promise<DeviceArrivals | null> => this.arrivals;
  storeStatus = (): StoreStatus => this.store;
}
