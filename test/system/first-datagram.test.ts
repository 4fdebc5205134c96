import { execFile, execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, expect, test } from "vitest";
import {
  eventually,
  getJson,
  type RunningCollector,
  startCollector,
  temporaryDirectory,
} from "../support/lacuna-process.ts";
import { RECEIVE_EXPECTED } from "../support/receive-paths.ts";

const directory = temporaryDirectory();
afterAll(() => directory.remove());

const shell = promisify(execFile);
const README = readFileSync(join(import.meta.dirname, "../../README.md"), "utf8");

interface Status {
  listeners: { state: string; receive: string; kernelDrops: number | null }[];
}

interface Latest {
  devices: { id: string; values: Record<string, number> }[];
}

let collector: RunningCollector;
beforeAll(async () => {
  collector = await startCollector(["--listen", "udp://127.0.0.1:0", "--db", `${directory.path}/first.db`]);
});

test("LACUNA_RECEIVE chooses how the sockets of a process are read, and its status says so", async () => {
  const { listeners } = await getJson<Status>(`${collector.api}/api/v1/status`);
  expect(listeners[0]).toMatchObject({ state: "OK", receive: RECEIVE_EXPECTED, kernelDrops: 0 });
});

test("the line of the README is a sender at the first try, and curl shows the value", async () => {
  const [, echo, nc] = README.match(/^(echo .*) \| (nc .*) 4747$/m)!;
  const latest = await eventually(
    async () => {
      // a slow echo, as on a busy machine: nc is ready before there is anything to send. It waits for a second, in which a machine may do nothing: then again
      await shell("sh", ["-c", `{ sleep 0.2; ${echo}; } | ${nc} ${collector.ports[0]}`]);
      return await getJson<Latest>(`${collector.api}/api/v1/latest`);
    },
    ({ devices }) => devices.length > 0,
  );
  // not its status: online for two seconds, of which nc takes one before it ends
  expect(latest.devices[0]).toMatchObject({ id: "pump-7", values: { temperature: 21.5 } });

  const finished = await collector.stop();
  expect(finished.code).toBe(0);
  const ledger = execFileSync("sqlite3", [
    `${directory.path}/first.db`,
    "select device, first, high_water, in_order from ledger",
  ]);
  expect(ledger.toString().trim()).toBe("pump-7|0|0|1");
});
