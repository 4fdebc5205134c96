import { readdirSync } from "node:fs";
import { expect, test } from "vitest";
import { eventually, getJson, LacunaProcess, temporaryDirectory } from "../support/lacuna-process.ts";

test("the demo shows a live table, serves the API, and ends with a clean audit on Ctrl-C, without a terminal too", async () => {
  const demo = new LacunaProcess(["demo", "--http", "127.0.0.1:0"]);
  await eventually(
    async () => demo.stdout,
    (text) => text.includes("API: http"),
  );
  const [, api] = /API: (http:\/\/\S+?)\/api/.exec(demo.stdout)!;
  const { total } = await eventually(
    () => getJson<{ total: Record<string, number> }>(`${api}/api/v1/ledger`),
    (answer) => answer.total.lost! > 0 && answer.total.duplicates! > 0 && answer.total.reordered! > 0,
  );
  expect(total.received).toBeGreaterThan(0);
  const { devices } = await getJson<{ devices: unknown[] }>(`${api}/api/v1/devices?limit=1000`);
  expect(devices).toHaveLength(50);
  await eventually(
    async () => demo.stdout,
    (text) => /online +datagrams\/s +expected/.test(text),
  );

  demo.signal("SIGINT");
  const finished = await demo.finished;
  expect(finished.stdout).toContain("every number is explained");
  expect(finished.code).toBe(0);
});

test("a demo whose terminal closes leaves no database behind", async () => {
  const directory = temporaryDirectory();
  const env = { TMPDIR: directory.path };
  const demo = new LacunaProcess(["demo", "--http", "127.0.0.1:0", "--devices", "2"], { env });
  await eventually(
    async () => demo.stdout,
    (text) => text.includes("API: http"),
  );
  expect(readdirSync(directory.path)).toHaveLength(1);
  demo.signal("SIGHUP");
  expect((await demo.finished).code).toBe(0);
  expect(readdirSync(directory.path)).toEqual([]);
  directory.remove();
});

test("a second Ctrl-C ends a demo without its audit, and leaves no database behind", async () => {
  const directory = temporaryDirectory();
  const env = { TMPDIR: directory.path };
  const demo = new LacunaProcess(["demo", "--http", "127.0.0.1:0", "--devices", "2"], { env });
  const said = (text: string): Promise<unknown> =>
    eventually(
      async () => demo.stdout,
      (all) => all.includes(text),
    );
  await said("the simulator: ");
  // the audit begins when nothing comes any more: it is under way for as long as somebody else sends
  const [, api, target] = /API: (\S+)\n.* (udp:\S+) through/.exec(demo.stdout)!;
  const other = new LacunaProcess(["simulate", "--target", target!, "--devices", "1", "--rate", "20"]);
  await eventually(
    () => getJson<{ devices: unknown[] }>(`${api}/devices`),
    ({ devices }) => devices.length === 3,
  );
  demo.signal("SIGINT");
  await said("auditing");
  demo.signal("SIGINT");
  const { code, stdout } = await demo.finished;
  other.signal("SIGKILL");
  await other.finished;
  expect(stdout).toMatch(/ended without the audit: .*\n$/);
  expect(code).toBe(1);
  expect(readdirSync(directory.path)).toEqual([]);
  directory.remove();
});
