import { expect } from "vitest";
import { expectGapSums } from "./gap-sums.ts";
import { assertFleetIdentities } from "./identities.ts";
import { loseInKernel } from "./kernel-loss.ts";
import { eventually, runLacuna, startCollector } from "./lacuna-process.ts";
import type { NetnsPair } from "./netns.ts";

/** A fleet on one host, a collector on another, and a kernel between them that loses datagrams. */

const FLEET = ["--devices", "100", "--rate", "20", "--duration", "4s"];
/** numbers the fleet uses */
export const USED = 8000;
const LOST_THOUSANDTHS = 50;

export interface Played {
  /** the fleet's ledger, settled */
  total: Record<string, number> & { causes: Record<string, number> };
  /** of the listener */
  counters: Record<string, number>;
}

export interface Ledger {
  total: Played["total"];
}
export interface Status {
  listeners: { counters: Record<string, number>; ownSockets: readonly string[] }[];
}

export type Way = "unicast" | "multicast";
const urlOf = (way: Way, port: number): string =>
  way === "unicast" ? `udp://10.77.0.2:${port}?` : `udp://239.192.47.47:${port}?interface=veth0&`;

/** By a program on the collector's host: its API listens there only. */
export const askThere = async <T>(hosts: NetnsPair, url: string): Promise<T> =>
  JSON.parse(await hosts.far.answer("curl", ["-sS", url])) as T;

const play = async (
  hosts: NetnsPair,
  db: string,
  listen: string,
  target: string,
  fleet: readonly string[],
): Promise<Played> => {
  const within = (host: string): string[] => ["ip", "netns", "exec", host];
  const collector = await startCollector(["--listen", listen, "--db", db], {
    within: within(hosts.far.name),
  });
  const simulated = await runLacuna(["simulate", "--target", target, ...FLEET, ...fleet, "--json"], {
    within: within(hosts.near.name),
  });
  expect(simulated, simulated.stderr).toMatchObject({ code: 0 });
  expect(JSON.parse(simulated.stdout).used).toBe(USED);
  const { total } = await eventually(
    () => askThere<Ledger>(hosts, `${collector.api}/api/v1/ledger`),
    (ledger) => ledger.total.missing === 0 && ledger.total.pending === 0,
  );
  const { listeners } = await askThere<Status>(hosts, `${collector.api}/api/v1/status`);
  assertFleetIdentities(total);
  expect((await collector.stop()).code).toBe(0);
  return { total, counters: listeners[0]!.counters };
};

/** Recovery off, the kernel loses DATA only (the fleet's first DESCRIBE and last heartbeats come): lost is what it dropped. */
export const expectExactLoss = async (hosts: NetnsPair, way: Way, port: number, directory: string) => {
  const file = `${directory}/${port}`;
  const loss = loseInKernel(hosts.far, "dport", port, "data", LOST_THOUSANDTHS, `${file}.nft`);
  const url = urlOf(way, port);
  const { total, counters } = await play(hosts, `${file}.db`, `${url}recovery=off`, url, ["--ring", "0"]);
  expect(total.expected).toBe(USED);
  expect(total.lost).toBeGreaterThan(USED * 0.03);
  expect(total.lost).toBe(loss.dropped());
  expect(total.causes.network).toBe(loss.dropped());
  expect(counters.nacks).toBe(0);
};

/** Recovery on, the kernel loses anything, both ways. */
export const expectRecovery = async (hosts: NetnsPair, way: Way, port: number, directory: string) => {
  const file = `${directory}/${port}`;
  loseInKernel(hosts.far, "dport", port, "any", LOST_THOUSANDTHS, `${file}-there.nft`);
  loseInKernel(hosts.near, "sport", port, "any", LOST_THOUSANDTHS, `${file}-back.nft`);
  const url = urlOf(way, port);
  const { total, counters } = await play(hosts, `${file}.db`, url, url, []);
  const onTheWay = total.recovered! + total.lost!;
  console.log(
    `${way}: ${onTheWay} lost on the way, ${total.lost} after recovery, ${counters.nacks} NACKs of ${counters.nackBytes} bytes`,
  );
  expect(onTheWay).toBeGreaterThan(USED * 0.03);
  expect(total.lost! / total.expected!).toBeLessThan(0.0001);
  expect(counters.nacks! / onTheWay).toBeLessThan(1.5);
  expectGapSums(`${file}.db`, total);
};
