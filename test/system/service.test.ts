import { execFile, spawnSync } from "node:child_process";
import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, expect, test } from "vitest";
import { DEFAULT_RECEIVE_BUFFER_BYTES } from "../../collector/listener/listener-url.ts";
import { LacunaProcess, temporaryDirectory } from "../support/lacuna-process.ts";

/** Not one of these may hold up the process of the tests, which has to answer while it waits. */
const run = promisify(execFile);

const ROOT = join(import.meta.dirname, "../..");
const UNIT = readFileSync(join(ROOT, "deploy/systemd/lacuna.service"), "utf8").replaceAll(
  "/opt/lacuna",
  ROOT,
);
const directory = temporaryDirectory();
afterAll(() => directory.remove());

const isMissing =
  spawnSync("systemd-analyze", ["--version"]).error !== undefined && process.env.CI === undefined;
if (isMissing) console.log("systemd-analyze is not installed (Debian: systemd): the unit is not verified");

test.skipIf(isMissing)("systemd finds nothing wrong with the unit", async () => {
  const file = join(directory.path, "lacuna.service");
  writeFileSync(file, UNIT);
  const { stderr } = await run("systemd-analyze", ["verify", file], { timeout: 60_000 });
  // it may speak of other units of the machine too
  expect(stderr.split("\n").filter((line) => line.includes("lacuna"))).toEqual([]);
});

test("a failure that goes on is tried again for as long: systemd gives up five starts within ten seconds unless it is told otherwise", () => {
  expect(UNIT.match(/^\[Unit\]\n(?:(?!\[).*\n)*/m)![0]).toContain("\nStartLimitIntervalSec=0\n");
  expect(UNIT).toContain("\nRestart=on-failure\n");
});

test("what the unit starts collects into its working directory, with the file that `lacuna init` wrote", async () => {
  const [node, launcher, ...args] = UNIT.match(/^ExecStart=(.*)$/m)![1]!.split(" ");
  expect([node, launcher].filter((file) => !existsSync(file!))).toEqual([]);
  const config = join(directory.path, "lacuna.toml");
  await run(node!, [launcher!, "init", config]);
  const collector = new LacunaProcess(
    args.map((word) => (word === "/etc/lacuna.toml" ? config : word)),
    { cwd: directory.path, env: { LACUNA_HTTP: "127.0.0.1:0", LACUNA_LISTEN: "udp://127.0.0.1:0" } },
  );
  await collector.logged("ready");
  expect(existsSync(join(directory.path, "lacuna.db"))).toBe(true);
  collector.signal("SIGTERM");
  expect((await collector.finished).code).toBe(0);
});

test("what the collector's threads will load is compiled before the first start, without a word, and not before each", async () => {
  const cache = join(directory.path, "lacuna");
  const before = UNIT.match(/^ExecStartPre=-\/bin\/sh -c '(.*)'$/m)![1]!.replaceAll("%C", directory.path);
  const prepare = () =>
    run("/bin/sh", ["-c", before], { env: { ...process.env, NODE_COMPILE_CACHE: cache } });
  expect(await prepare()).toMatchObject({ stdout: "", stderr: "" });
  // a folder for each set of V8's flags: that of a collector has them too
  const kept = readdirSync(cache).map((folder) => readdirSync(join(cache, folder)).length);
  expect(kept.length).toBe(2);
  expect(Math.min(...kept)).toBeGreaterThan(300);
  for (const folder of readdirSync(cache).slice(1)) rmSync(join(cache, folder), { recursive: true });
  await prepare();
  expect(readdirSync(cache).length).toBe(1);
});

test("the kernel's bound is set to what a listener asks for", () => {
  const text = readFileSync(join(ROOT, "deploy/sysctl/90-lacuna.conf"), "utf8");
  expect(text.match(/^net\.core\.rmem_max = (\d+)$/m)?.[1]).toBe(String(DEFAULT_RECEIVE_BUFFER_BYTES));
});
