import { createSocket } from "node:dgram";
import { once } from "node:events";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import {
  type KernelSocket,
  kernelAddress,
  readKernelSockets,
} from "../../collector/listener/kernel-sockets.ts";
import { KIND } from "../../protocol/constants.ts";
import { eventually, getJson, startCollector, temporaryDirectory } from "../support/lacuna-process.ts";
import { expectExactLoss, type Ledger, type Status, type Way } from "../support/lossy-hosts.ts";
import { createNetnsPair, type NetnsPair, netnsUnavailable } from "../support/netns.ts";
import { expectAllBack, expectCutExplained } from "../support/stopped-collector.ts";

const directory = temporaryDirectory();
afterAll(() => directory.remove());
const WAYS: readonly Way[] = ["unicast", "multicast"];
const EXACT_RUNS = Number(process.env.EXACT_RUNS ?? 3);
const STOPPED_MS = 10_000;
const unavailable = netnsUnavailable();

describe.skipIf(unavailable !== null)("a kernel that loses 5 % of what a fleet sends", () => {
  let hosts: NetnsPair;
  beforeAll(() => {
    hosts = createNetnsPair();
  });
  afterAll(() => hosts.destroy());

  test(`recovery off: in ${EXACT_RUNS} of ${EXACT_RUNS} runs lost is what the kernel dropped, to the number`, async () => {
    for (let run = 0; run < EXACT_RUNS; run++) {
      await Promise.all(
        WAYS.map((way, index) => expectExactLoss(hosts, way, 5200 + 2 * run + index, directory.path)),
      );
    }
  });
});

test.concurrent.each(["SIGTERM", "SIGKILL"] as const)(
  "what devices sent while the collector was away for 10 s after %s comes back",
  (signal) => expectAllBack(signal, STOPPED_MS, directory.path),
);

test.concurrent.each(["SIGTERM", "SIGKILL"] as const)(
  "what was asked for when %s came, and the devices no longer hold after it, is explained by the stop",
  (signal) => expectCutExplained(signal, directory.path),
);

test("a forged source gets no more bytes than were sent in its name", async () => {
  const collector = await startCollector(["--listen", "udp://127.0.0.1:0", "--db", `${directory.path}/f.db`]);
  const victim = createSocket("udp4").bind(0, "127.0.0.9");
  await once(victim, "listening");
  const heard = { datagrams: 0, bytes: 0 };
  victim.on("message", (bytes) => {
    heard.datagrams++;
    heard.bytes += bytes.length;
  });
  let sentBytes = 0;
  const forge = (device: number, sequence: number): void => {
    const bytes = Buffer.alloc(28 + 8);
    bytes.set([0x4c, 0x43, 1, KIND.DATA, 0, 8, 0, 0, 0, 0, 0, 1]);
    bytes.writeBigUInt64BE(BigInt(sequence), 12);
    bytes.write(String(device).padStart(8, "x"), 28);
    sentBytes += bytes.length;
    victim.send(bytes, collector.ports[0]!, "127.0.0.1");
  };
  for (let device = 0; device < 200; device++) for (let n = 0; n < 20; n++) forge(device, 3 * n);
  const ledger = await eventually(
    () => getJson<Ledger>(`${collector.api}/api/v1/ledger`),
    ({ total }) => total.received === 4000 && total.missing === 0,
  );
  const { listeners } = await getJson<Status>(`${collector.api}/api/v1/status`);
  const { nacks, nackBytes } = listeners[0]!.counters as { nacks: number; nackBytes: number };
  expect(ledger.total.lost).toBe(200 * 19 * 2);
  expect(nackBytes).toBeGreaterThan(0);
  expect(nackBytes).toBeLessThanOrEqual(sentBytes);
  // what came too fast for this process is in the kernel's counter: each request reached the victim or is there
  const { port } = victim.address();
  const isVictim = (socket: KernelSocket): boolean =>
    socket.port === port && socket.address === kernelAddress("127.0.0.9");
  await eventually(
    async () => heard.datagrams + readKernelSockets(4)!.find(isVictim)!.drops,
    (arrived) => arrived === nacks,
  );
  expect(heard.bytes).toBeGreaterThan(0);
  expect(heard.bytes).toBeLessThanOrEqual(nackBytes);
  victim.close();
  expect((await collector.stop()).code).toBe(0);
});
