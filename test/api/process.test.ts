import { describe, expect, test } from "vitest";
import { LISTENER_STATES, type ListenerCounters } from "../../api/part-status.ts";
import { bucketOf, HISTOGRAM_BUCKETS } from "../../common/log-histogram.ts";
import { freshApi, testApi } from "../support/api.ts";
import { listenerCounters, listenerOf, NOON_US } from "../support/fake-sources.ts";

/** What `/status` shows of them. */
const shown = ({ refusedReadings: _, ...others }: ListenerCounters): object => others;

test("/api/v1 links to every route the API describes, and to its pages", async () => {
  const { app, get } = await testApi();
  const { json } = await get("/api/v1");
  expect(json).toMatchObject({ name: "lacuna", version: "1.2.3" });
  const { dashboard, docs, ...links } = json.links;
  const { paths } = (await get("/openapi.json")).json;
  expect(Object.values(links)).toEqual(Object.keys(paths).filter((path) => path !== "/api/v1"));
  expect(links).toMatchObject({
    live: "/api/v1/live",
    raster: "/api/v1/raster",
    device: "/api/v1/devices/{id}",
    deviceReadings: "/api/v1/devices/{id}/readings",
    openapi: "/openapi.json",
  });
  // whether the dashboard is built is another matter
  expect(dashboard).toBe("/");
  for (const link of [docs, ...Object.values<string>(links).filter((url) => !url.includes("{id}"))]) {
    // the live feed would not end; the raster asks for devices
    const { statusCode } = await app.inject({ method: "HEAD", url: link });
    expect([link, statusCode]).toEqual([link, link.endsWith("/raster") ? 400 : 200]);
  }
});

test("/status says of each listener its own sockets, and its membership where it has one", async () => {
  const { get, sources } = await testApi();
  const group = "239.1.1.1";
  sources.collector = {
    ...sources.collector,
    listeners: [
      listenerOf({ ownSockets: ["10.0.0.1", "10.0.0.2"], lastDatagramAtUs: null }),
      listenerOf({ group }),
      listenerOf({ group, state: "UNAVAILABLE" }),
    ],
  };
  const { listeners } = (await get("/api/v1/status")).json;
  expect(listeners).toMatchObject([
    { ownSockets: ["10.0.0.1", "10.0.0.2"], memberships: null, lastDatagramAt: null },
    { ownSockets: [], memberships: { used: 1, limit: 20 } },
    { ownSockets: [], memberships: { used: 0, limit: 20 } },
  ]);
});

test("/status says of the database what was never done as null", async () => {
  const { get, sources } = await testApi();
  const { database } = (await get("/api/v1/status")).json;
  expect([database.writeAmplification, database.lastCommit]).toEqual([4.5, "2026-11-20T11:59:59.800000Z"]);
  sources.store = { ...sources.store, lastCommitUs: null, flushedBytes: 0, writtenBytes: 100 };
  expect((await get("/api/v1/status")).json.database).toMatchObject({
    writeAmplification: null,
    lastCommit: null,
    stalledReaders: 0,
  });
  // nor what the system does not tell
  sources.store = { ...sources.store, flushedBytes: 100, writtenBytes: null };
  expect((await get("/api/v1/status")).json.database.writeAmplification).toBeNull();
});

test("/status says how many numbers came out of order, and how late they were", async () => {
  const { get, sources } = await testApi();
  const delays = new Array<number>(HISTOGRAM_BUCKETS).fill(0);
  for (const [us, count] of [
    [256, 97],
    [4096, 2],
    [65_536, 1],
  ] as const)
    delays[bucketOf(us)] = count;
  sources.collector = { ...sources.collector, reordering: { windowMs: 500, delays } };
  expect((await get("/api/v1/status")).json.reordering).toEqual({
    ...{ windowSeconds: 0.5, count: 100 },
    delaySeconds: { p50: 0.000_256, p99: 0.004_096, p999: 0.065_536, max: 0.065_536 },
  });
});

test("/status says version, uptime, listeners, threads, queues and the database", async () => {
  const { get } = await freshApi();
  const { json } = await get("/api/v1/status");
  expect(json).toEqual({
    version: "1.2.3",
    now: "2026-11-20T12:00:00.000000Z",
    startedAt: "2026-11-20T11:59:00.000000Z",
    uptimeSeconds: 60,
    devices: 0,
    listeners: [
      {
        url: "udp://0.0.0.0:4747",
        state: "OK",
        reason: null,
        since: "2026-11-20T11:00:00.000000Z",
        optional: false,
        address: "0.0.0.0",
        port: 4747,
        ownSockets: [],
        group: null,
        interface: null,
        memberships: null,
        source: null,
        format: "auto",
        recovery: true,
        path: null,
        receive: "native",
        lastDatagramAt: "2026-11-20T11:59:59.900000Z",
        lastRejected: null,
        receiveBuffer: {
          requestedBytes: 8_388_608,
          grantedBytes: 212_992,
          ceilingBytes: 212_992,
          queuedBytes: 768,
          peakBytes: 53_248,
          peakSeconds: 0.011,
        },
        kernelDrops: 7,
        counters: shown(listenerCounters()),
      },
    ],
    paths: [],
    threads: [{ name: "ingest", state: "running", utilization: 0.25 }],
    queues: [{ name: "batches", length: 1, capacity: 24, refused: 0 }],
    reordering: { windowSeconds: 0.25, count: 0, delaySeconds: { p50: 0, p99: 0, p999: 0, max: 0 } },
    findings: [
      {
        code: "kernel-drops",
        severity: "problem",
        sentence:
          "The receive buffer of 208 KiB was full, unseen, or their UDP checksum was wrong: the kernel dropped 7 datagrams since the start.",
        fix: "nstat -az UdpInCsumErrors  # 0: receiveBuffer=8MiB in the listener's URL and sysctl -w net.core.rmem_max=8388608",
        listener: "udp://0.0.0.0:4747",
      },
      {
        code: "buffer-granted",
        severity: "advice",
        sentence: "A receive buffer of 8 MiB was asked for and 208 KiB granted.",
        fix: "sysctl -w net.core.rmem_max=8388608  # is 212992; then start the collector again",
        listener: "udp://0.0.0.0:4747",
      },
    ],
    database: {
      path: "./lacuna.db",
      state: "OK",
      reason: null,
      since: "2026-11-20T11:00:00.000000Z",
      schemaVersion: 1,
      sizeBytes: 40_960,
      walBytes: 4096,
      lastCommit: "2026-11-20T11:59:59.800000Z",
      stalledReaders: 0,
      commits: 12,
      commitFailures: 0,
      pendingBatches: 0,
      segments: 3,
      readingsStored: 5000,
      merges: 2,
      unmergedSegments: 1,
      unmergedReadings: 40,
      leftOutNames: 0,
      mergeError: null,
      damage: null,
      flushedBytes: 10_000,
      writtenBytes: 45_000,
      writeAmplification: 4.5,
    },
  });
});

test("a multicast listener shows group, interface and source", async () => {
  const { sources, get } = await testApi();
  sources.collector.listeners = [
    listenerOf({ group: "232.1.2.3", interface: "eth0", source: "10.0.0.9", path: "A", kernelDrops: null }),
  ] as never;
  expect((await get("/api/v1/status")).json.listeners[0]).toMatchObject({
    group: "232.1.2.3",
    interface: "eth0",
    source: "10.0.0.9",
    path: "A",
    kernelDrops: null,
    memberships: { used: 1, limit: 20 },
  });
});

test("the time since the start goes on when the clock is set, forward or back", async () => {
  const { clock, get } = await freshApi();
  const uptimes: number[] = [];
  for (const stepUs of [0, 3600e6, -7200e6]) {
    clock.stepWallUs(stepUs);
    clock.advanceMs(1000);
    uptimes.push((await get("/api/v1/status")).json.uptimeSeconds);
  }
  expect(uptimes).toEqual([61, 62, 63]);
  // while the store was opened
  clock.stepWallUs(57 * 365 * 86_400e6);
  const late = await freshApi({ clock, startedAtMs: clock.monotonicMs() - 5000 });
  expect((await late.get("/api/v1/status")).json.uptimeSeconds).toBe(5);
});

test("what a listener rejected is seen by reason", async () => {
  const { sources, get } = await testApi();
  const counters = listenerCounters({ datagrams: 9, rejected: { "bad-magic": 4, truncated: 5 } });
  sources.collector = { ...sources.collector, listeners: [listenerOf({ counters })] };
  expect((await get("/api/v1/status")).json.listeners[0].counters).toEqual(shown(counters));
});

test("/livez answers while the process does, whatever is wrong", async () => {
  const { sources, get } = await testApi();
  sources.store = { ...sources.store, state: "FAILING" };
  expect(await get("/livez")).toMatchObject({ status: 200, json: { status: "live" } });
});

describe("/readyz", () => {
  const withListener = async (listener: Parameters<typeof listenerOf>[0]) => {
    const api = await testApi();
    api.sources.collector = {
      ...api.sources.collector,
      listeners: [listenerOf({ reason: "no route", ...listener })],
    };
    return api;
  };

  test("is 200 when the database commits and the listeners are OK", async () => {
    const { get } = await testApi();
    expect(await get("/readyz")).toMatchObject({ status: 200, json: { status: "ready" } });
  });

  test.each(LISTENER_STATES)("with a needed listener %s", async (state) => {
    const { get } = await withListener({ state });
    const { status } = await get("/readyz");
    expect(status).toBe(state === "OK" || state === "DISABLED" ? 200 : 503);
    expect((await get("/api/v1/status")).json.listeners[0]).toMatchObject({ state, reason: "no route" });
    expect((await get("/metrics")).text).toContain(
      `lacuna_listener_state{listener="udp://0.0.0.0:4747",state="${state}"} 1\n`,
    );
  });

  test.each(LISTENER_STATES)("is 200 with an optional listener %s", async (state) => {
    const { get } = await withListener({ state, optional: true });
    expect((await get("/readyz")).status).toBe(200);
  });

  test("says everything that is wrong", async () => {
    const { sources, get } = await withListener({
      state: "FAILED",
      url: "udp://239.1.2.3:4747",
      reason: "no eth7",
    });
    const failing = { state: "FAILING", reason: "disk full", sinceUs: NOON_US, stalledReaders: 2 } as const;
    sources.store = { ...sources.store, ...failing };
    const { status, json, headers } = await get("/readyz");
    expect([status, headers["content-type"]]).toEqual([503, "application/problem+json; charset=utf-8"]);
    expect(json).toMatchObject({
      code: "ERR_NOT_READY",
      reasons: [
        "database ./lacuna.db is FAILING: disk full",
        "2 threads that answer queries do not come back from the database",
        "listener udp://239.1.2.3:4747 is FAILED: no eth7",
      ],
    });
  });

  test.each(["failed", "stopped"] as const)(
    "is 503 once a thread that receives has %s: its listeners seem OK for ever",
    async (state) => {
      const { sources, get } = await testApi();
      const gone = { name: "ingest-1", state, utilization: null };
      sources.collector = { ...sources.collector, threads: [...sources.collector.threads, gone] };
      const { status, json } = await get("/readyz");
      expect([status, json.reasons]).toEqual([503, [`thread ingest-1 has ${state}`]]);
    },
  );

  test("is 503 once the database is closed", async () => {
    const { sources, get } = await testApi();
    sources.store = { ...sources.store, state: "CLOSED" };
    expect((await get("/readyz")).status).toBe(503);
  });
});
