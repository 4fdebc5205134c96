import { execFile, execFileSync } from "node:child_process";
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
/** some seconds: a datagram that was sent is visible long before */
const ASKED_PER_LINE = 60;

interface Status {
  listeners: { state: string; receive: string; kernelDrops: number | null }[];
}

interface Latest {
  devices: { id: string; values: Record<string, number>; status: string }[];
}

let collector: RunningCollector;
beforeAll(async () => {
  collector = await startCollector(["--listen", "udp://127.0.0.1:0", "--db", `${directory.path}/first.db`]);
});

test("LACUNA_RECEIVE chooses how the sockets of a process are read, and its status says so", async () => {
  const { listeners } = await getJson<Status>(`${collector.api}/api/v1/status`);
  expect(listeners[0]).toMatchObject({ state: "OK", receive: RECEIVE_EXPECTED, kernelDrops: 0 });
});

test("one shell line is a sender, and curl shows the value", async () => {
  const [port] = collector.ports;
  const line = `echo '{"device":"pump-7","seq":0,"values":{"temperature":21.5}}' | nc -u -w0 127.0.0.1 ${port}`;
  let asked = 0;
  const latest = await eventually(
    async () => {
      // with -w0 nc sends nothing when it is ready before echo is, as on a busy machine: a person enters the line again
      if (asked++ % ASKED_PER_LINE === 0) await shell("sh", ["-c", line]);
      return getJson<Latest>(`${collector.api}/api/v1/latest`);
    },
    ({ devices }) => devices.length > 0,
  );
  expect(latest.devices[0]).toMatchObject({ id: "pump-7", values: { temperature: 21.5 }, status: "online" });

  const finished = await collector.stop();
  expect(finished.code).toBe(0);
  const ledger = execFileSync("sqlite3", [
    `${directory.path}/first.db`,
    "select device, first, high_water, in_order from ledger",
  ]);
  expect(ledger.toString().trim()).toBe("pump-7|0|0|1");
});
