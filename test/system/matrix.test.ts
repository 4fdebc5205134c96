import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { runLacuna, startCollector, temporaryDirectory } from "../support/lacuna-process.ts";
import { createNetnsPair, type NetnsPair, netnsUnavailable } from "../support/netns.ts";

/**
 * A fleet of 200 devices with every fault at once, over every way a datagram can come and in both formats: the audit must find every number
 * explained. Sender and collector are two hosts (network namespaces) with a cable between them.
 */
const FAULTS = [
  ...["--devices", "200", "--rate", "8", "--duration", "3s", "--seed", "20261120"],
  ...["--loss", "0.02", "--burst-enter", "0.005", "--burst-leave", "0.25"],
  ...["--reorder", "0.03", "--duplicate", "0.01", "--corrupt", "0.01", "--restarts", "6", "--skew", "2s"],
];
const DEVICES = 200;
const LEAST_NUMBERS = 4000;

/** Each cell has a port of its own: they run side by side. */
const WAYS: { way: string; at: (port: number) => { listen: string; target: string } }[] = [
  { way: "unicast IPv4", at: (port) => same(`udp://10.77.0.2:${port}`) },
  { way: "unicast IPv6", at: (port) => same(`udp://[fd77::2]:${port}`) },
  {
    way: "any-source multicast IPv4",
    at: (port) => same(`udp://239.192.47.47:${port}?interface=veth0`),
  },
  {
    way: "source-specific multicast IPv4",
    at: (port) => same(`udp://232.1.2.3:${port}?source=10.77.0.1&interface=veth0`),
  },
  { way: "multicast IPv6", at: (port) => same(`udp://[ff15::4747]:${port}?interface=veth0`) },
];
const same = (url: string): { listen: string; target: string } => ({ listen: url, target: url });
const FORMATS = ["native", "json"];
const ONE_WORKER = WAYS.flatMap(({ way, at }, row) =>
  FORMATS.map((format, column) => ({ way, format, workers: 1, ...at(5000 + row * FORMATS.length + column) })),
);
/** unicast, where each worker has a socket, and any-source multicast, where one has it */
const THREE_WORKERS = [WAYS[0]!, WAYS[2]!].map(({ way, at }, row) => ({
  ...{ way: `${way} by three workers`, format: "native", workers: 3 },
  ...at(5100 + row),
}));
/** source-specific multicast with JSON; the demo is audited over unicast with the native format */
const QUICK = [ONE_WORKER[7]!];
const EVERY = [...ONE_WORKER, ...THREE_WORKERS];
/** the quick run has a part of it, the long one the rest (MATRIX=rest), and all on the other receive path (MATRIX=all) */
const CELLS =
  { all: EVERY, rest: EVERY.filter((cell) => !QUICK.includes(cell)) }[process.env.MATRIX ?? ""] ?? QUICK;

const unavailable = netnsUnavailable();

describe.skipIf(unavailable !== null)("the audit explains every number", () => {
  const directory = temporaryDirectory();
  let hosts: NetnsPair;
  beforeAll(() => {
    hosts = createNetnsPair();
  });
  afterAll(() => {
    hosts.destroy();
    directory.remove();
  });

  test.concurrent.each(CELLS)("over $way, $format", async ({ way, listen, target, format, workers }) => {
    const name = `${way}-${format}`.replaceAll(" ", "-");
    const within = (host: string): string[] => ["ip", "netns", "exec", host];
    const truth = `${directory.path}/${name}.jsonl`;
    const collector = await startCollector(
      ["--listen", listen, "--workers", String(workers), "--db", `${directory.path}/${name}.db`],
      { within: within(hosts.far.name) },
    );
    const simulated = await runLacuna(
      ["simulate", "--target", target, "--format", format, "--truth", truth, ...FAULTS],
      { within: within(hosts.near.name) },
    );
    expect(simulated, simulated.stderr).toMatchObject({ code: 0 });

    const audited = await runLacuna(["audit", "--truth", truth, "--api", collector.api, "--json"], {
      within: within(hosts.far.name),
    });
    const report = JSON.parse(audited.stdout);
    console.log(
      `${way}, ${format}: ${report.numbers} numbers of ${report.epochs} epochs, ${report.values} values`,
    );
    expect(report.differences).toEqual([]);
    expect(audited.code).toBe(0);
    expect(report.devices).toBe(DEVICES);
    expect(report.epochs).toBeGreaterThan(DEVICES);
    expect(report.numbers).toBeGreaterThan(LEAST_NUMBERS);
    expect(report.impaired).toBeGreaterThan(0);

    expect((await collector.stop()).code).toBe(0);
    const afterStop = await runLacuna(["audit", "--truth", truth, "--db", `${directory.path}/${name}.db`]);
    expect(afterStop.stdout).toContain("every number is explained");
    expect(afterStop.code).toBe(0);
  });
});
