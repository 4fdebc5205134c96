import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { freePort } from "../support/free-port.ts";
import {
  eventually,
  getJson,
  LacunaProcess,
  type RunningCollector,
  runLacuna,
  startCollector,
  temporaryDirectory,
} from "../support/lacuna-process.ts";

const directory = temporaryDirectory();
const db = join(directory.path, "terminal.db");
let collector: RunningCollector;
const http = `127.0.0.1:${await freePort()}`;
const start = (): Promise<RunningCollector> =>
  startCollector(["--http", http, "--listen", "udp://127.0.0.1:0?recovery=off", "--db", db]);
/** 4 devices, 40,000 numbers, some of them lost. */
const play = async (): Promise<void> => {
  const { code, stderr } = await runLacuna([
    ...["simulate", "--target", `udp://127.0.0.1:${collector.ports[0]}`, "--loss", "0.02", "--json"],
    ...["--devices", "4", "--rate", "2500", "--count", "10000"],
  ]);
  expect(code, stderr).toBe(0);
  await eventually(
    () => getJson<{ total: Record<string, number> }>(`${collector.api}/api/v1/ledger`),
    ({ total }) => total.expected! > 39_000 && total.missing === 0 && total.pending === 0,
  );
};
const file = (name: string): string => join(directory.path, name);
beforeAll(async () => {
  collector = await start();
  await play();
});
afterAll(async () => {
  await collector.stop();
  directory.remove();
});

test("devices and gaps tell what the API tells", async () => {
  const api = ["--api", collector.api, "--json"];
  const devices = JSON.parse((await runLacuna(["devices", ...api])).stdout).devices;
  const gaps = JSON.parse((await runLacuna(["gaps", "--state", "lost", ...api])).stdout).gaps;
  const lost = devices.reduce(
    (sum: number, { ledger }: { ledger: { lost: number } }) => sum + ledger.lost,
    0,
  );
  expect(devices).toHaveLength(4);
  expect(gaps.reduce((sum: number, { count }: { count: number }) => sum + count, 0)).toBe(lost);
  expect(lost).toBeGreaterThan(0);
});

test("an export of the database is that of the collector, line by line", async () => {
  for (const format of ["csv", "ndjson"]) {
    const asked = await runLacuna(["export", "--api", collector.api, "--format", format]);
    const output = file(`all.${format}`);
    const read = await runLacuna(["export", "--db", db, "--format", format, "--output", output]);
    expect([asked.code, read.code]).toEqual([0, 0]);
    const lines = (text: string): string[] => text.split("\n").sort();
    expect(lines(readFileSync(output, "utf8"))).toEqual(lines(asked.stdout));
    expect(asked.stdout.split("\n").length).toBeGreaterThan(38_000);
  }
});

test("an export whose reader stops taking ends with 1 and says nothing", async () => {
  const { child, finished } = new LacunaProcess(["export", "--db", db]);
  child.stdout!.once("data", () => child.stdout!.destroy());
  const { code, stderr } = await finished;
  expect([code, stderr]).toEqual([1, ""]);
});

test("an export ends with 1 and leaves no file when the collector is killed half way", async () => {
  const output = file("half.csv");
  const exporting = new LacunaProcess(["export", "--api", collector.api, "--output", output]);
  const written = () => readdirSync(directory.path).filter((name) => name.startsWith("half"));
  // a part of it, or all where this process was kept waiting meanwhile
  await eventually(
    async () => written(),
    ({ length }) => length > 0,
  );
  collector.process.signal("SIGKILL");
  const { code } = await exporting.finished;
  const names = written();
  // the one or the other, never a part under the name of the whole
  expect(code === 0 ? names : [code, names]).toEqual(code === 0 ? ["half.csv"] : [1, []]);
  collector = await start();
});

test("tail shows readings in order and what is lost, and goes on after the collector comes back", async () => {
  const tail = new LacunaProcess(["tail", "--api", collector.api, "--format", "json", "--device", "walker"]);
  const events = () =>
    tail.stdout
      .split("\n")
      .filter((line) => line !== "")
      .map((line) => JSON.parse(line));
  const send = (seq: number) =>
    runLacuna([
      ...["send", "--device", "walker", "--epoch", "1", "--seq", String(seq), `level=${seq}`],
      ...["--to", `udp://127.0.0.1:${collector.ports[0]}`],
    ]);
  const shown = (seq: number) =>
    eventually(
      async () => events(),
      (seen) => seen.some((event) => event.seq === seq),
    );
  await eventually(
    () => fetch(`${collector.api}/metrics`).then((response) => response.text()),
    (text) => /^lacuna_live_clients 1$/m.test(text),
  );
  for (const seq of [0, 1, 4]) await send(seq);
  await shown(4);
  await eventually(
    async () => events(),
    (seen) => seen.some(({ event }) => event === "gap"),
  );
  expect(events().find(({ event }) => event === "gap")).toMatchObject({ first: 2, last: 3, state: "lost" });
  await collector.stop();
  collector = await start();
  await send(5);
  await shown(5);
  tail.signal("SIGINT");
  const { code, stderr } = await tail.finished;
  expect(code).toBe(0);
  expect(stderr).toContain("connected again");
  const numbers = events().flatMap(({ event, seq }) => (event === "reading" ? [seq] : []));
  expect(numbers).toEqual([0, 1, 4, 5]);
});
