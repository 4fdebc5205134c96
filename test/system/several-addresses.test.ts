import type { ChildProcess } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import {
  eventually,
  type RunningCollector,
  startCollector,
  temporaryDirectory,
} from "../support/lacuna-process.ts";
import { askThere, type Ledger, type Status } from "../support/lossy-hosts.ts";
import { createNetnsPair, type NetnsPair, netnsUnavailable } from "../support/netns.ts";

const SENDER = fileURLToPath(new URL("../support/connected-sender.ts", import.meta.url));
const COUNT = 200;
/** of each address: enough for each of two workers to own some of them */
const DEVICES = 3;

const hasNoNamespaces = netnsUnavailable() !== null;
const testBetweenHosts = test.skipIf(hasNoNamespaces);
const directory = temporaryDirectory();
let hosts: NetnsPair;
const senders: ChildProcess[] = [];
let collector: RunningCollector | null = null;

beforeAll(() => {
  if (hasNoNamespaces) return;
  hosts = createNetnsPair();
  hosts.far.run("ip", "-6 addr add fd77::3/64 dev veth0 nodad".split(" "));
});
afterEach(async () => {
  for (const child of senders.splice(0)) {
    const ended = once(child, "exit");
    child.stdin!.end();
    await ended;
  }
  await collector?.stop();
  collector = null;
});
afterAll(() => {
  hosts?.destroy();
  directory.remove();
});

const startThere = async (host: string, workers: number): Promise<RunningCollector> => {
  const db = `${directory.path}/${performance.now()}.db`;
  collector = await startCollector(
    ["--listen", `udp://${host}:0`, "--workers", String(workers), "--db", db],
    { within: ["ip", "netns", "exec", hosts.far.name] },
  );
  return collector;
};

/** A device each that is connected to one of these addresses. @returns of how many numbers they will have to be asked for */
const sendTo = async (addresses: readonly string[], port: number): Promise<number> => {
  const kept = addresses.flatMap((address) =>
    Array.from({ length: DEVICES }, async (_, index) => {
      const args = [SENDER, address, String(port), `${address} ${index}`, String(COUNT), "7"];
      const child = hosts.near.spawn(process.execPath, args);
      senders.push(child);
      return Number(String((await once(child.stdout!, "data"))[0]));
    }),
  );
  return (await Promise.all(kept)).reduce((sum, count) => sum + count);
};

const settledLedger = async ({ api }: RunningCollector, devices: number): Promise<Ledger["total"]> => {
  const { total } = await eventually(
    () => askThere<Ledger>(hosts, `${api}/api/v1/ledger`),
    (ledger) => ledger.total.expected === devices * COUNT && ledger.total.missing === 0,
  );
  return total;
};

/** Addresses the collector says to have sockets for; those of its own loopback interface apart. */
const ownSockets = async ({ api }: RunningCollector): Promise<string[]> => {
  const { listeners } = await askThere<Status>(hosts, `${api}/api/v1/status`);
  return listeners[0]!.ownSockets.filter((address) => address !== "127.0.0.1" && address !== "::1");
};

testBetweenHosts.each([
  ["IPv4", 1, "0.0.0.0", ["10.77.0.2", "10.77.0.3"]],
  ["IPv6", 1, "[::]", ["fd77::2", "fd77::3"]],
  ["IPv4", 2, "0.0.0.0", ["10.77.0.2", "10.77.0.3"]],
  ["IPv6", 2, "[::]", ["fd77::2", "fd77::3"]],
] as const)(
  "each %s address of a host asks who is connected to it, with workers=%i",
  async (_, workers, host, addresses) => {
    const there = await startThere(host, workers);
    const keptBack = await sendTo(addresses, there.ports[0]!);
    const total = await settledLedger(there, addresses.length * DEVICES);
    expect(keptBack).toBeGreaterThan(0);
    expect(await ownSockets(there)).toEqual(expect.arrayContaining([...addresses]));
    expect(total).toMatchObject({ lost: 0, recovered: keptBack });
  },
);

testBetweenHosts("so does one that came to the host after the start", async () => {
  const there = await startThere("0.0.0.0", 1);
  hosts.far.run("ip", "addr add 10.77.0.4/24 dev veth0".split(" "));
  const keptBack = await sendTo(["10.77.0.4"], there.ports[0]!);
  expect(await settledLedger(there, DEVICES)).toMatchObject({ lost: 0, recovered: keptBack });
  expect(await ownSockets(there)).toContain("10.77.0.4");
});

testBetweenHosts("one that left the host asks nobody, and again when it is back", async () => {
  const there = await startThere("0.0.0.0", 1);
  const [change, address] = [
    (how: string) => hosts.far.run("ip", `addr ${how} dev veth0`.split(" ")),
    "10.77.0.5",
  ];
  change(`add ${address}/24`);
  const asks = (expected: boolean) =>
    eventually(
      () => ownSockets(there),
      (all) => all.includes(address) === expected,
    );
  await asks(true);
  change(`del ${address}/24`);
  await asks(false);
  change(`add ${address}/24`);
  await asks(true);
  const keptBack = await sendTo([address], there.ports[0]!);
  expect(await settledLedger(there, DEVICES)).toMatchObject({ lost: 0, recovered: keptBack });
});
