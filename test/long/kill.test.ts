import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, expect, test } from "vitest";
import { readTruth } from "../../simulator/truth/truth-file.ts";
import { caughtUp } from "../support/caught-up.ts";
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
import { seededRandom } from "../support/seeded-random.ts";

const KILLS = Number(process.env.KILLS ?? 50);
const SEED = 20_261_121;

const directory = temporaryDirectory();
afterAll(() => directory.remove());

interface Ledger {
  total: Record<string, number>;
}
const ledgerOf = (api: string): Promise<Ledger> => getJson<Ledger>(`${api}/api/v1/ledger`);

/**
 * kill -9 under traffic, in turn at a random moment of the start (locks, replay, binding) and at a random moment after it (receiving, flush,
 * checkpoint). Nothing is asked for again, so that the holes stay. The devices do not restart: what an epoch sent at its end while nobody listened leaves no trace. One database goes through all of it; in the end the audit knows every number.
 */
test(`${KILLS} kills at random moments lose nothing that was committed and count nothing twice`, async () => {
  const random = seededRandom(SEED);
  const truthPath = `${directory.path}/truth.jsonl`;
  const port = await freePort();
  const listen = ["--listen", `udp://127.0.0.1:${port}?recovery=off`, "--db", `${directory.path}/killed.db`];

  let collector = await startCollector(listen);
  const simulator = new LacunaProcess([
    ...["simulate", "--target", `udp://127.0.0.1:${port}`, "--truth", truthPath, "--seed", String(SEED)],
    ...["--devices", "40", "--rate", "25", "--loss", "0.01", "--duplicate", "0.02"],
    ...["--reorder", "0.02", "--reorder-time", "50ms"],
  ]);
  // the first contact of the fleet is not what this test is about
  await eventually(
    () => ledgerOf(collector.api),
    ({ total }) => total.received! > 10 * 40,
  );

  let running = collector.process;
  let stored = 0;
  let slowestStartMs = 500;
  for (let kills = 0; kills < KILLS; kills++) {
    running.signal("SIGKILL");
    await running.finished;
    const startedMs = performance.now();
    running = new LacunaProcess(["collect", "--http", "127.0.0.1:0", ...listen]);
    if (kills % 2 === 0) {
      await sleep(random() * slowestStartMs);
      continue;
    }
    const { http } = (await running.logged("ready")) as { http: string };
    slowestStartMs = Math.max(slowestStartMs, performance.now() - startedMs);
    // what was durable before the kill is durable now
    const { total } = await ledgerOf(http);
    assertFleetIdentities(total);
    expect(total.stored).toBeGreaterThanOrEqual(stored);
    await sleep(random() * 800);
    const later = await ledgerOf(http);
    assertFleetIdentities(later.total);
    stored = later.total.stored!;
  }
  running.signal("SIGKILL");
  await running.finished;

  collector = await startCollector(listen);
  const received = (await ledgerOf(collector.api)).total.received!;
  await eventually(
    () => ledgerOf(collector.api),
    ({ total }) => total.received! > received + 10 * 40,
  );
  await caughtUp(collector.api);
  simulator.signal("SIGINT");
  expect((await simulator.finished).code).toBe(0);

  const audited = await runLacuna(["audit", "--truth", truthPath, "--api", collector.api, "--json"]);
  const report = JSON.parse(audited.stdout);
  console.log(
    `${KILLS} kills: ${report.numbers} numbers of ${report.epochs} epochs, received ${report.received}, ` +
      `collector-down ${report.blamed["collector-down"]}, before listening ${report.beforeListening}`,
  );
  expect(report.differences).toEqual([]);
  expect(report.received).toBeGreaterThan(report.numbers / 20);
  expect(report.blamed["collector-down"]).toBeGreaterThan(report.numbers / 10);
  // what a slow machine sheds is explained as well
  const { total } = await ledgerOf(collector.api);
  expect(report.blamed["queue-overflow"]).toBeLessThanOrEqual(total.shed!);
  const truth = await readTruth(truthPath);
  expect(report.numbers).toBe(truth.records.reduce((sum, { next }) => sum + next, 0));
  expect((await collector.stop()).code).toBe(0);
});
