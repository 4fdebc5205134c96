import type { DeviceArrivals } from "../../protocol/device-arrivals.ts";
import type { FakeSources } from "./fake-sources.ts";
import { NOON_US } from "./fake-sources.ts";

/** What the examples of the API's description show: one pump with a hole in its readings. */
export const addExampleFleet = (sources: FakeSources): void => {
  sources.add({ id: "pump-7" });
  sources.counters = {
    ...sources.counters,
    datagrams: 103,
    control: 2,
    rejected: { truncated: 1 },
  };
  const reading = { epoch: 3, run: 0, names: ["temperature"] };
  sources.page = {
    readings: [
      { ...reading, timeUs: NOON_US - 2_000_000, sequence: 97, values: [21.25] },
      { ...reading, timeUs: NOON_US - 1_000_000, sequence: 99, values: [21.5] },
    ],
    completeness: { expected: 100, received: 97, missing: 1, lost: 2, unknown: 0 },
    next: null,
  };
  sources.gapPage = {
    gaps: [
      {
        device: "pump-7",
        epoch: 3,
        run: 0,
        first: 40,
        last: 41,
        state: "lost",
        cause: "queue-overflow",
        openedAtUs: NOON_US - 60_000_000,
        closedAtUs: NOON_US - 59_750_000,
        filledAtUs: null,
        arrival: null,
        requests: 0,
      },
      {
        device: "pump-7",
        epoch: 3,
        run: 0,
        first: 62,
        last: 62,
        state: "filled",
        cause: "network",
        openedAtUs: NOON_US - 38_000_000,
        closedAtUs: NOON_US - 37_710_000,
        filledAtUs: NOON_US - 37_710_000,
        arrival: "recovered",
        requests: 1,
      },
    ],
    next: null,
  };
  sources.eventPage = {
    events: [
      {
        event: 4,
        atUs: NOON_US - 90_000_000,
        kind: "restart",
        device: "pump-7",
        detail: { epoch: 3, former: 2 },
      },
      {
        event: 3,
        atUs: NOON_US - 100_000_000,
        kind: "sleep",
        device: "pump-7",
        detail: { epoch: 2, run: 0, until: NOON_US - 95_000_000 },
      },
    ],
    next: null,
  };
  sources.arrivals = ARRIVALS;
  sources.series = { unit: "Cel", text: Buffer.from(SERIES) };
  sources.points = { unit: "Cel", text: Buffer.from(POINTS) };
  sources.receivedPage = {
    asOfUs: NOON_US,
    hasMore: false,
    epochs: [
      {
        epoch: 3,
        first: 0,
        last: 99,
        received: [
          [0, 39],
          [42, 97],
          [99, 99],
        ],
        untold: [],
        missing: [[98, 98]],
      },
    ],
  };
  sources.raster = [
    {
      device: "pump-7",
      runs: [
        {
          epoch: 3,
          run: 0,
          first: 0,
          last: 99,
          exactFrom: 0,
          blocks: [{ block: 4, missing: 0, recovered: 0, late: 0, causes }],
        },
      ],
    },
  ];
};

/** Requests whose answers are the examples: one for each operation, the first media type of its answer unless the URL says otherwise. */
export const EXAMPLE_REQUESTS: Readonly<Record<string, readonly string[]>> = {
  getLiveness: ["/livez"],
  getReadiness: ["/readyz"],
  getIndex: ["/api/v1"],
  getStatus: ["/api/v1/status"],
  listDevices: ["/api/v1/devices?status=online&sort=completeness"],
  getDevice: ["/api/v1/devices/pump-7"],
  getDeviceArrivals: ["/api/v1/devices/pump-7/arrivals"],
  listLatest: ["/api/v1/latest"],
  listFleet: ["/api/v1/fleet?sort=lost&order=desc"],
  getHistory: ["/api/v1/history?span=60"],
  getLedger: ["/api/v1/ledger"],
  getDeviceLedger: ["/api/v1/devices/pump-7/ledger"],
  listGaps: ["/api/v1/gaps?state=lost&cause=queue-overflow", "/api/v1/gaps?format=csv"],
  listDeviceGaps: ["/api/v1/devices/pump-7/gaps", "/api/v1/devices/pump-7/gaps?format=csv"],
  getReceived: ["/api/v1/devices/pump-7/received"],
  getRaster: ["/api/v1/raster?device=pump-7"],
  listEvents: ["/api/v1/events?device=pump-7"],
  listReadings: [
    "/api/v1/devices/pump-7/readings?channel=temperature&from=2026-11-20T11:59:00Z",
    "/api/v1/devices/pump-7/readings?format=csv",
    "/api/v1/devices/pump-7/readings?format=ndjson&time=us",
  ],
  getSeries: [
    "/api/v1/devices/pump-7/series?channel=temperature&method=lttb&points=100",
    "/api/v1/devices/pump-7/series?channel=temperature&points=2",
  ],
};

const ARRIVALS: DeviceArrivals = {
  epoch: 3,
  run: 0,
  transit: { pairs: 12, jitterUs: 420, meanUs: -1_198_300, leastUs: -1_200_000, greatestUs: -1_188_000 },
  isRelative: false,
  reordering: {
    count: 2,
    greatestExtent: 3,
    meanExtent: 2,
    greatestDelayUs: 18_000,
    atLeast: [2, 1, 1, 0, 0, 0, 0, 0],
  },
};

const causes = {
  network: 0,
  "socket-overflow": 0,
  "queue-overflow": 2,
  "collector-down": 0,
  gone: 0,
  undetermined: 0,
};

const bucket = (start: string, expected: number): string =>
  `{"start":"${start}","count":48,"received":48,"recovered":1,"late":0,"expected":${expected},"mean":21.4,"min":21.25,"max":21.5,"last":21.5,"nonFinite":0}`;

const SERIES =
  '"from":"2026-11-20T11:58:20.000000Z","to":"2026-11-20T12:00:00.000000Z","stepSeconds":50,' +
  `"buckets":[${bucket("2026-11-20T11:58:20.000000Z", 50)},${bucket("2026-11-20T11:59:10.000000Z", 48)}],` +
  '"gaps":[],"gapsLeftOut":0,"starts":[{"at":"2026-11-20T11:58:20.000000Z","epoch":3,"run":0}],"startsLeftOut":0';

const point = (time: string, value: number | null): string => `{"time":"${time}","value":${value}}`;

const POINTS =
  '"from":"2026-11-20T11:58:20.000000Z","to":"2026-11-20T12:00:00.000000Z",' +
  '"count":4,"received":4,"recovered":0,"late":0,"expected":6,"nonFinite":0,"points":[' +
  `${point("2026-11-20T11:58:20.000000Z", 21.25)},${point("2026-11-20T11:58:21.000000Z", 21.5)},` +
  `${point("2026-11-20T11:58:22.500000Z", null)},` +
  `${point("2026-11-20T11:58:24.000000Z", 21.5)},${point("2026-11-20T11:58:25.000000Z", 21.25)}],` +
  '"gaps":[],"gapsLeftOut":0,"starts":[{"at":"2026-11-20T11:58:20.000000Z","epoch":3,"run":0}],"startsLeftOut":0';
