import { expect, test } from "vitest";
import { buildApp } from "../../api/app.ts";
import { HTTP_DURATION, METRICS } from "../../api/metrics/registry.ts";
import { bucketOf, HISTOGRAM_BUCKETS } from "../../common/log-histogram.ts";
import { freshApi, testApi } from "../support/api.ts";
import { FakeSources, listenerCounters, listenerOf, NOON_US } from "../support/fake-sources.ts";
import { ManualClock } from "../support/manual-clock.ts";

test("every metric of the tables is there, with help and type", async () => {
  const { get } = await testApi();
  const { text, headers } = await get("/metrics");
  expect(headers["content-type"]).toMatch(/^text\/plain; version=0\.0\.4/);
  for (const { name, help, type } of METRICS) {
    expect(text).toContain(`# HELP ${name} ${help}\n# TYPE ${name} ${type}\n`);
  }
});

test("names follow Prometheus: counters end in _total, nothing else does, and no name is used twice", () => {
  for (const { name, type } of METRICS) expect(name.endsWith("_total")).toBe(type === "counter");
  expect(new Set([...METRICS, HTTP_DURATION].map(({ name }) => name)).size).toBe(METRICS.length + 1);
});

test("fleet, listeners, threads, queues and the store are counted", async () => {
  const { sources, get } = await testApi();
  sources.add({ id: "a" });
  const counters = listenerCounters({
    datagrams: 10,
    bytes: 500,
    received: 6,
    held: 1,
    rejected: { truncated: 3 },
    unusableSendTimes: 2,
  });
  sources.collector = { ...sources.collector, listeners: [listenerOf({ counters })] };
  const { text } = await get("/metrics");
  for (const line of [
    "lacuna_devices 1",
    "lacuna_expected_numbers_total 100",
    'lacuna_received_numbers_total{bin="in-order"} 95',
    'lacuna_lost_numbers{cause="queue-overflow"} 2',
    'lacuna_listener_datagrams_total{listener="udp://0.0.0.0:4747"} 10',
    'lacuna_listener_outcomes_total{listener="udp://0.0.0.0:4747",outcome="received"} 6',
    'lacuna_listener_rejected_datagrams_total{listener="udp://0.0.0.0:4747",reason="truncated"} 3',
    'lacuna_listener_rejected_datagrams_total{listener="udp://0.0.0.0:4747",reason="bad-magic"} 0',
    'lacuna_listener_unusable_send_times_total{listener="udp://0.0.0.0:4747"} 2',
    'lacuna_listener_kernel_drops_total{listener="udp://0.0.0.0:4747"} 7',
    'lacuna_thread_utilization_ratio{thread="ingest"} 0.25',
    'lacuna_queue_capacity{queue="batches"} 24',
    "lacuna_store_up 1",
    "lacuna_store_commit_seconds_total 0.25",
  ]) {
    expect(text).toContain(`${line}\n`);
  }
});

test("how busy a thread is that does not run is not told", async () => {
  const { sources, get } = await testApi();
  const gone = { name: "ingest-1", state: "failed", utilization: null } as const;
  sources.collector = { ...sources.collector, threads: [...sources.collector.threads, gone] };
  const { text } = await get("/metrics");
  expect(text.match(/^lacuna_thread_.*$/gm)).toEqual([
    'lacuna_thread_running{thread="ingest"} 1',
    'lacuna_thread_running{thread="ingest-1"} 0',
    'lacuna_thread_utilization_ratio{thread="ingest"} 0.25',
  ]);
});

test("how late numbers out of order came is told in quantiles, once there are any", async () => {
  const { sources, get } = await testApi();
  const told = async (counts: Readonly<Record<number, number>>): Promise<string[]> => {
    const delays = new Array<number>(HISTOGRAM_BUCKETS).fill(0);
    for (const [us, count] of Object.entries(counts)) delays[bucketOf(Number(us))] = count;
    sources.collector = { ...sources.collector, reordering: { windowMs: 250, delays } };
    const { text } = await get("/metrics");
    return (text.match(/^lacuna_reorder_delay_seconds.*$/gm) ?? []).sort();
  };
  expect(await told({})).toEqual([]);
  const at = (share: string, us: number): string =>
    `lacuna_reorder_delay_seconds{share="${share}"} ${us / 1e6}`;
  expect(await told({ 1024: 1 })).toEqual(["0.5", "0.99", "0.999", "1"].map((share) => at(share, 1024)));
  expect(await told({ 256: 98, 4096: 1, 65536: 1 })).toEqual([
    at("0.5", 256),
    at("0.99", 4096),
    at("0.999", 65_536),
    at("1", 65_536),
  ]);
});

test("asking twice counts nothing twice", async () => {
  const { sources, get } = await testApi();
  sources.add({ id: "a" });
  await get("/metrics");
  expect((await get("/metrics")).text).toContain("lacuna_expected_numbers_total 100\n");
});

test("a counter the kernel does not offer is left out", async () => {
  const { sources, get } = await testApi();
  sources.collector = { ...sources.collector, listeners: [listenerOf({ kernelDrops: null })] };
  expect((await get("/metrics")).text).not.toMatch(/lacuna_listener_kernel_drops_total\{/);
});

test("a counter the system does not tell is left out, and there again when it does", async () => {
  const { sources, get } = await testApi();
  const valuesOf = async (): Promise<string[]> =>
    (await get("/metrics")).text.match(/^lacuna_store_written_bytes_total .*$/gm) ?? [];
  const [told] = await valuesOf();
  expect(told).toBeDefined();
  sources.store.writtenBytes = null;
  expect(await valuesOf()).toEqual([]);
  sources.store.writtenBytes = 0;
  expect(await valuesOf()).toEqual(["lacuna_store_written_bytes_total 0"]);
});

test("requests are timed by route, never by URL", async () => {
  const { get } = await freshApi();
  await get("/api/v1/devices/x");
  await get("/no/such/thing");
  // a request is timed once its answer has been sent
  const text = expect.poll(async () => (await get("/metrics")).text);
  await text.toContain(
    `${HTTP_DURATION.name}_count{method="GET",route="/api/v1/devices/:id",status="404"} 1\n`,
  );
  await text.toContain(`${HTTP_DURATION.name}_count{method="GET",route="unknown",status="404"} 1\n`);
  await text.not.toContain("such");
});

const withProcessMetrics = async (): Promise<string> => {
  const options = {
    version: "1",
    clock: new ManualClock(),
    startedAtUs: NOON_US,
    startedAtMs: 0,
    processMetrics: true,
  };
  const app = await buildApp(new FakeSources(), options);
  return (await app.inject("/metrics")).body;
};

test("the process's own metrics are there when asked for", async () => {
  expect((await (await testApi()).get("/metrics")).text).not.toMatch(/^(process|nodejs)_/m);
  const body = await withProcessMetrics();
  expect(body).toContain("process_cpu_seconds_total");
  expect(body).toContain("nodejs_eventloop_lag_seconds");
});

test("nothing but counters ends in _total, the process's own metrics included", async () => {
  const types = (await withProcessMetrics()).matchAll(/^# TYPE (\S+_total) (\S+)$/gm);
  expect(new Set([...types].map(([, , type]) => type))).toEqual(new Set(["counter"]));
});
