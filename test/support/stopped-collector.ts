import { setTimeout as sleep } from "node:timers/promises";
import { expect } from "vitest";
import { freePort } from "./free-port.ts";
import { expectGapSums } from "./gap-sums.ts";
import { eventually, getJson, LacunaProcess, runLacuna, startCollector } from "./lacuna-process.ts";
import type { Ledger } from "./lossy-hosts.ts";

/** A fleet sends on while its collector is stopped for a while: with recovery everything it sent meanwhile comes back, and the audit knows it. */
export const expectAllBack = async (signal: NodeJS.Signals, stoppedMs: number, directory: string) => {
  const port = await freePort();
  const truth = `${directory}/${signal}.jsonl`;
  const collect = ["--listen", `udp://127.0.0.1:${port}`, "--db", `${directory}/${signal}.db`];
  const ledgerOf = (api: string): Promise<Ledger> => getJson<Ledger>(`${api}/api/v1/ledger`);
  const before = await startCollector(collect);
  const simulator = new LacunaProcess([
    ...["simulate", "--target", `udp://127.0.0.1:${port}`, "--devices", "20", "--rate", "50"],
    ...["--truth", truth],
  ]);
  await eventually(
    () => ledgerOf(before.api),
    ({ total }) => total.received! > 1000,
  );
  before.process.signal(signal);
  await before.process.finished;
  await sleep(stoppedMs);
  const after = await startCollector(collect);
  const { total } = await eventually(
    () => ledgerOf(after.api),
    (ledger) => ledger.total.recovered! >= stoppedMs && ledger.total.missing === 0,
  );
  console.log(
    `${signal}, ${stoppedMs / 1000} s: ${total.recovered} numbers came back, ${total.lost} did not`,
  );
  simulator.signal("SIGINT");
  expect((await simulator.finished).code).toBe(0);
  const audited = await runLacuna(["audit", "--truth", truth, "--api", after.api, "--json"]);
  expect(JSON.parse(audited.stdout).differences).toEqual([]);
  const settled = await ledgerOf(after.api);
  expect(settled.total).toMatchObject({ lost: 0, missing: 0 });
  expect((await after.stop()).code).toBe(0);
  expectGapSums(`${directory}/${signal}.db`, settled.total);
};

interface Gaps {
  gaps: { openedAt: string; closedAt: string }[];
}

/**
 * A fleet loses some of what it sends, and its collector stops while answers are under way. When it listens again the devices no longer hold what was asked for: nobody can tell
 * any more what had come and was not committed, or came to a closed socket, from what never left. The audit, which can, has no number to object to.
 */
export const expectCutExplained = async (signal: NodeJS.Signals, directory: string) => {
  const port = await freePort();
  const truth = `${directory}/cut-${signal}.jsonl`;
  const collect = ["--listen", `udp://127.0.0.1:${port}`, "--db", `${directory}/cut-${signal}.db`];
  const ledgerOf = (api: string): Promise<Ledger> => getJson<Ledger>(`${api}/api/v1/ledger`);
  const before = await startCollector(collect);
  const simulator = new LacunaProcess([
    ...["simulate", "--target", `udp://127.0.0.1:${port}`, "--devices", "40", "--rate", "50"],
    ...["--loss", "0.1", "--delay", "200ms", "--ring", "100", "--truth", truth],
  ]);
  await eventually(
    () => ledgerOf(before.api),
    ({ total }) => total.recovered! > 200,
  );
  const stoppedMs = Date.now();
  before.process.signal(signal);
  await before.process.finished;
  await sleep(3000);
  const startedMs = Date.now();
  const after = await startCollector(collect);
  const { total } = await ledgerOf(after.api);
  await eventually(
    () => ledgerOf(after.api),
    (ledger) => ledger.total.recovered! > total.recovered! + 200,
  );
  simulator.signal("SIGINT");
  expect((await simulator.finished).code).toBe(0);
  await eventually(
    () => ledgerOf(after.api),
    (ledger) => ledger.total.missing === 0,
  );
  const audited = await runLacuna(["audit", "--truth", truth, "--api", after.api, "--json"]);
  expect(JSON.parse(audited.stdout).differences).toEqual([]);
  const { gaps } = await getJson<Gaps>(`${after.api}/api/v1/gaps?state=lost&limit=1000`);
  // their windows were over before the stop, and they were open after it
  const cut = gaps.filter(
    ({ openedAt, closedAt }) => Date.parse(openedAt) < stoppedMs - 300 && Date.parse(closedAt) > startedMs,
  );
  expect(cut.length).toBeGreaterThan(0);
  expect((await after.stop()).code).toBe(0);
};
