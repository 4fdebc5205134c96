import { afterAll, expect, test } from "vitest";
import { freePort } from "../support/free-port.ts";
import { assertFleetIdentities } from "../support/identities.ts";
import {
  eventually,
  getJson,
  LacunaProcess,
  runLacuna,
  startCollector,
  temporaryDirectory,
} from "../support/lacuna-process.ts";

const DEVICES = 40;

const directory = temporaryDirectory();
afterAll(() => directory.remove());

interface Ledger {
  total: Record<string, number>;
}
const ledgerOf = (api: string): Promise<Ledger> => getJson<Ledger>(`${api}/api/v1/ledger`);

/** Who owns a device, and which numbers are given out, changes with the number of workers: the ledger must not. */
test("a database goes on with another number of workers, after kills and a stop, and every number is explained", async () => {
  const truth = `${directory.path}/truth.jsonl`;
  const port = await freePort();
  const options = ["--listen", `udp://127.0.0.1:${port}`, "--db", `${directory.path}/workers.db`];
  const heardMore = async (api: string, received: number): Promise<number> => {
    const { total } = await eventually(
      () => ledgerOf(api),
      (ledger) => ledger.total.received! > received + 10 * DEVICES,
    );
    assertFleetIdentities(total);
    return total.received!;
  };

  let collector = await startCollector([...options, "--workers", "3"]);
  const simulator = new LacunaProcess([
    ...["simulate", "--target", `udp://127.0.0.1:${port}`, "--truth", truth, "--seed", "20261121"],
    ...["--devices", String(DEVICES), "--rate", "25", "--loss", "0.01", "--duplicate", "0.02"],
    ...["--reorder", "0.02", "--reorder-time", "50ms"],
  ]);
  let received = await heardMore(collector.api, 0);
  for (const workers of ["2", "1", "4"]) {
    if (workers === "1") expect((await collector.stop()).code).toBe(0);
    else {
      collector.process.signal("SIGKILL");
      await collector.process.finished;
    }
    collector = await startCollector([...options, "--workers", workers]);
    // what was durable before is there, though a kill took what was not
    expect((await ledgerOf(collector.api)).total.received).toBeGreaterThan(received / 2);
    received = await heardMore(collector.api, received);
  }
  // what devices say last must be heard: a collector that still starts may shed it
  await heardMore(collector.api, received);
  simulator.signal("SIGINT");
  expect((await simulator.finished).code).toBe(0);

  const audited = await runLacuna(["audit", "--truth", truth, "--api", collector.api, "--json"]);
  const report = JSON.parse(audited.stdout);
  expect(report.differences).toEqual([]);
  expect(report.devices).toBe(DEVICES);
  // what a slow machine sheds is explained as well
  const { total } = await ledgerOf(collector.api);
  expect(report.blamed["queue-overflow"]).toBeLessThanOrEqual(total.shed!);
  expect((await collector.stop()).code).toBe(0);
});
