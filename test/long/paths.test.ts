import { readFileSync } from "node:fs";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { intersect, normalise, type Range } from "../../protocol/ranges.ts";
import type { TruthRecord } from "../../simulator/truth/truth.ts";
import {
  eventually,
  LacunaProcess,
  type RunningCollector,
  runLacuna,
  startCollector,
  temporaryDirectory,
} from "../support/lacuna-process.ts";
import { awaitRunning, createNetnsPair, type NetnsPair, netnsUnavailable } from "../support/netns.ts";

interface PathAnswer {
  path: string;
  state: string;
  expected: number;
  received: number;
  redundant: number;
  onlyHere: number;
}
interface Total {
  expected: number;
  received: number;
  missing: number;
  lost: number;
  duplicates: number;
  redundant: number;
}
interface Gap {
  device: string;
  first: number;
  last: number;
  state: string;
}
interface Event {
  kind: string;
  detail: Record<string, unknown>;
}

const PORT = 5300;
const GROUP = "239.192.47.47";
const DEVICES = 20;

/** One group on two networks: what goes out by veth0 of the far host is path A, by veth1 path B. */
describe.skipIf(netnsUnavailable() !== null)("a fleet heard on two networks", () => {
  const directory = temporaryDirectory();
  let hosts: NetnsPair;
  let collector: RunningCollector;
  let runs = 0;
  let database = "";

  beforeAll(() => {
    hosts = createNetnsPair();
    const { near, far } = hosts;
    near.run("ip", `link add veth1 type veth peer name veth1 netns ${far.name}`.split(" "));
    for (const [host, address] of [
      [near, "10.78.0.1/24"],
      [far, "10.78.0.2/24"],
    ] as const) {
      host.run("ip", ["addr", "add", address, "dev", "veth1"]);
      host.run("ip", ["link", "set", "veth1", "up"]);
    }
    for (const { name } of [near, far]) awaitRunning(name, "veth1");
  });
  beforeEach(async () => {
    database = `${directory.path}/${runs++}.db`;
    const listen = ["veth0&path=A", "veth1&path=B"].map((how) => `udp://${GROUP}:${PORT}?interface=${how}`);
    collector = await startCollector(
      [...listen.flatMap((url) => ["--listen", url]), "--db", database, "--window", "400ms"],
      { within: ["ip", "netns", "exec", hosts.near.name] },
    );
  });
  afterEach(async () => {
    await collector.stop();
  });
  afterAll(() => {
    hosts.destroy();
    directory.remove();
  });

  const get = async <T>(path: string): Promise<T> =>
    JSON.parse(await hosts.near.answer("curl", ["-s", `${collector.api}/api/v1${path}`])) as T;
  const paths = async (): Promise<PathAnswer[]> => (await get<{ paths: PathAnswer[] }>("/status")).paths;
  const total = async (): Promise<Total> => (await get<{ total: Total }>("/ledger")).total;
  const pathEvents = async (): Promise<Event[]> =>
    (await get<{ events: Event[] }>("/events?limit=1000&order=asc")).events.filter(({ kind }) =>
      kind.startsWith("path-"),
    );
  const gaps = async (): Promise<Gap[]> => (await get<{ gaps: Gap[] }>("/gaps?limit=1000")).gaps;

  const simulation = (...options: string[]): string[] => [
    "simulate",
    "--target",
    `udp://${GROUP}:${PORT}?interface=10.77.0.2`,
    "--target-b",
    `udp://${GROUP}:${PORT}?interface=10.78.0.2`,
    "--devices",
    String(DEVICES),
    "--rate",
    "50",
    ...options,
  ];
  const within = () => ({ within: ["ip", "netns", "exec", hosts.far.name] });
  const auditedClean = async (truth: string): Promise<void> => {
    const audited = await runLacuna(["audit", "--truth", truth, "--db", database]);
    expect(audited.stdout).toContain("every number is explained");
    expect(audited.code).toBe(0);
  };
  const recordsOf = (truth: string): TruthRecord[] =>
    readFileSync(truth, "utf8")
      .trim()
      .split("\n")
      .slice(1)
      .map((line) => JSON.parse(line) as TruthRecord);

  test("what is lost is what both paths lost, to the number", async () => {
    const truth = `${directory.path}/lossy.jsonl`;
    const sent = await runLacuna(
      simulation("--loss", "0.05", "--duration", "8s", "--ring", "0", "--truth", truth),
      within(),
    );
    expect(sent.code).toBe(0);
    const settled = await eventually(total, ({ missing }) => missing === 0);
    const records = recordsOf(truth);
    const [a, b] = await paths();
    const lostByDevice = Map.groupBy(
      (await gaps()).filter(({ state }) => state === "lost"),
      ({ device }) => device,
    );
    let lost = 0;
    for (const { device, paths: byPath } of records) {
      const onBoth = intersect(byPath![0]!.dropped, byPath![1]!.dropped);
      const rows = (lostByDevice.get(device) ?? []).map(({ first, last }): Range => [first, last]);
      expect(normalise(rows)).toEqual(onBoth);
      for (const [first, last] of onBoth) lost += last - first + 1;
    }
    expect(lost).toBeGreaterThan(0);
    expect(settled.lost).toBe(lost);
    expect(settled.redundant).toBe(a!.redundant + b!.redundant);
    expect(a!.received + b!.received).toBe(settled.received + settled.redundant);
    expect(settled.received).toBe(a!.onlyHere + b!.onlyHere + settled.redundant);
    expect(await pathEvents()).toEqual([]);
    await collector.stop();
    await auditedClean(truth);
  });

  test("a number that came by the other path is never asked for", async () => {
    const truth = `${directory.path}/asked.jsonl`;
    const sent = await runLacuna(
      simulation("--loss", "0.05", "--duration", "6s", "--linger", "1s", "--truth", truth, "--json"),
      within(),
    );
    const summary = JSON.parse(sent.stdout) as { repeated: number; used: number };
    const settled = await eventually(total, ({ missing }) => missing === 0);
    // of 6,000 numbers about 15 are missing on both: each is asked for once or twice
    expect(summary.repeated).toBeGreaterThan(0);
    expect(summary.repeated).toBeLessThan(summary.used * 0.01);
    expect(settled.lost).toBe(0);
    await collector.stop();
    await auditedClean(truth);
  });

  test("with one path cut nothing is lost and one event says so, and one that it is back", async () => {
    const truth = `${directory.path}/cut.jsonl`;
    const simulator = new LacunaProcess(simulation("--duration", "5m", "--truth", truth), within());
    const stateOfA = async (): Promise<string> => (await paths())[0]!.state;
    await eventually(paths, (all) => all.every(({ received }) => received > 1000));
    const rules = "add table ip cut; add chain ip cut in { type filter hook prerouting priority -300; }";
    hosts.near.run("nft", [`${rules}; add rule ip cut in iifname veth0 udp dport ${PORT} drop`]);
    await eventually(stateOfA, (state) => state === "down");
    const whileDown = await total();
    expect(whileDown.lost).toBe(0);
    // stored with the next flush
    const told = await eventually(pathEvents, ({ length }) => length > 0);
    expect(told).toMatchObject([{ kind: "path-down", detail: { path: "A" } }]);
    hosts.near.run("nft", ["delete table ip cut"]);
    await eventually(stateOfA, (state) => state === "up");
    simulator.signal("SIGINT");
    expect((await simulator.finished).code).toBe(0);
    const settled = await eventually(total, ({ missing }) => missing === 0);
    expect(settled).toMatchObject({ lost: 0, duplicates: 0, expected: settled.received });
    const used = recordsOf(truth).reduce((sum, { next }) => sum + next, 0);
    expect(settled.received).toBe(used);
    const all = await eventually(pathEvents, ({ length }) => length > 1);
    expect(all.map(({ kind, detail }) => `${kind} ${detail.path}`)).toEqual(["path-down A", "path-up A"]);
  });
});
