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
