import { expect, onTestFinished, test } from "vitest";
import { assertFleetIdentities } from "../support/identities.ts";
import { getJson, runLacuna, startCollector, temporaryDirectory } from "../support/lacuna-process.ts";

const RATE_HZ = 50_000;
const SECONDS = 10;

// again when the machine had something else to do: what it can take is what is asked here
test(`${RATE_HZ} datagrams/s for ${SECONDS} s lose nothing, and the ledger says so`, {
  retry: 2,
}, async () => {
  const directory = temporaryDirectory();
  onTestFinished(() => directory.remove());
  const truth = `${directory.path}/truth.jsonl`;
  const collector = await startCollector([
    "--listen",
    // what is lost stays lost
    "udp://127.0.0.1:0?recovery=off",
    "--db",
    `${directory.path}/fast.db`,
  ]);
  const simulated = await runLacuna([
    ...[
      "simulate",
      "--target",
      `udp://127.0.0.1:${collector.ports[0]}`,
      "--devices",
      "1000",
      "--channels",
      "1",
    ],
    ...["--total-rate", String(RATE_HZ), "--duration", `${SECONDS}s`, "--truth", truth, "--json"],
  ]);
  const summary = JSON.parse(simulated.stdout);
  const audited = await runLacuna(["audit", "--truth", truth, "--api", collector.api, "--json"]);
  const report = JSON.parse(audited.stdout);
  const { total } = await getJson<{ total: Record<string, number> }>(`${collector.api}/api/v1/ledger`);
  console.log(
    `asked for ${RATE_HZ}/s, sent ${Math.round(summary.rateHz)}/s; ${report.numbers} numbers and ${report.values} values checked; lost ${total.lost}`,
  );
  expect(report.differences).toEqual([]);
  expect(total).toMatchObject({
    expected: RATE_HZ * SECONDS,
    received: RATE_HZ * SECONDS,
    lost: 0,
    missing: 0,
    shed: 0,
  });
  expect(total.completeness).toBe(1);
  assertFleetIdentities(total);
  expect((await collector.stop()).code).toBe(0);
});
