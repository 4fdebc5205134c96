import { createSocket, type Socket } from "node:dgram";
import { readdirSync, readFileSync } from "node:fs";
import { afterAll, describe, expect, test } from "vitest";
import { assertFleetIdentities, type LedgerJson } from "../support/identities.ts";
import {
  eventually,
  getJson,
  type RunningCollector,
  startCollector,
  temporaryDirectory,
} from "../support/lacuna-process.ts";

/** A collector that stands still while its devices go on: its smallest receive buffer overflows for sure. */

const DEVICES = 5;
/** of each device: before the collector stands still, until it goes on, and in all */
const BEFORE = 6;
const STALLED = 200;
const ALL = 203;

interface Ledger {
  total: LedgerJson & Record<string, number> & { causes: Record<string, number> };
}

const directory = temporaryDirectory();
afterAll(() => directory.remove());

/** @param isSent - whether the network brings this number */
const sendAll = async (
  socket: Socket,
  port: number,
  first: number,
  end: number,
  isSent: (number: number) => boolean,
): Promise<void> => {
  for (let seq = first; seq < end; seq++) {
    if (!isSent(seq)) continue;
    for (let device = 0; device < DEVICES; device++) {
      const text = JSON.stringify({ device: `pump-${device}`, epoch: 1, seq, values: { a: seq } });
      await new Promise((resolve) => socket.send(text, port, "127.0.0.1", resolve));
    }
  }
};

const totalOf = async ({ api }: RunningCollector): Promise<Ledger["total"]> =>
  (await getJson<Ledger>(`${api}/api/v1/ledger`)).total;

/** Whether every thread of the process has stopped: a signal takes a moment to reach them. */
const standsStill = (pid: number): boolean =>
  readdirSync(`/proc/${pid}/task`).every((thread) =>
    readFileSync(`/proc/${pid}/task/${thread}/stat`, "utf8").includes(") T "),
  );

const playStalled = async (isSent: (number: number) => boolean) => {
  const listen = "udp://127.0.0.1:0?receiveBuffer=4KiB";
  const db = `${directory.path}/${Math.random()}.db`;
  const collector = await startCollector(["--listen", listen, "--db", db]);
  const socket = createSocket("udp4");
  const send = (first: number, end: number) => sendAll(socket, collector.ports[0]!, first, end, isSent);
  const received = (least: number) =>
    eventually(
      () => totalOf(collector),
      (total) => total.received! >= least,
    );
  // one at a time: so small a buffer overflows at once
  for (let number = 0; number < BEFORE; number++) {
    await send(number, number + 1);
    if (isSent(number))
      await received(DEVICES * Array.from({ length: number + 1 }, (_, n) => n).filter(isSent).length);
  }
  const before = await totalOf(collector);
  collector.process.signal("SIGSTOP");
  await eventually(
    async () => standsStill(collector.process.pid),
    (isStill) => isStill,
  );
  await send(BEFORE, STALLED);
  collector.process.signal("SIGCONT");
  await received(before.received! + 1);
  let known = await totalOf(collector);
  for (let number = STALLED; number < ALL; number++) {
    await send(number, number + 1);
    if (!isSent(number)) continue;
    await received(known.received! + DEVICES);
    known = await totalOf(collector);
  }
  const total = await eventually(
    () => totalOf(collector),
    ({ missing, pending }) => missing === 0 && pending === 0,
  );
  const status = await getJson<{ listeners: { kernelDrops: number }[] }>(`${collector.api}/api/v1/status`);
  socket.close();
  expect((await collector.stop()).code).toBe(0);
  assertFleetIdentities(total);
  return { total, kernelDrops: status.listeners[0]!.kernelDrops };
};

// other systems do not tell what a socket dropped
describe.skipIf(process.platform !== "linux").concurrent("a collector that stands still", () => {
  test.concurrent("blames the socket for every number the kernel dropped, and for nothing else", async () => {
    const { total, kernelDrops } = await playStalled(() => true);
    expect(kernelDrops).toBeGreaterThan(DEVICES * (STALLED - BEFORE) * 0.9);
    expect(total.lost).toBe(kernelDrops);
    expect(total.causes).toMatchObject({ "socket-overflow": kernelDrops, network: 0, undetermined: 0 });
  });

  test.concurrent("blames neither side for more than it did when the network loses too", async () => {
    const isSent = (number: number): boolean => number % 7 !== 3;
    const { total, kernelDrops } = await playStalled(isSent);
    const lostBefore = Array.from({ length: ALL }, (_, number) => number).filter((number) => !isSent(number));
    const inNetwork = DEVICES * lostBefore.length;
    expect(total.lost).toBe(inNetwork + kernelDrops);
    const { network = 0, "socket-overflow": overflow = 0, undetermined = 0 } = total.causes;
    expect(network + overflow + undetermined).toBe(total.lost);
    expect(network).toBeGreaterThan(0);
    expect(network).toBeLessThanOrEqual(inNetwork);
    expect(overflow).toBeLessThanOrEqual(kernelDrops);
    expect(undetermined).toBeGreaterThan(0);
  });
});
