import { spawnSync } from "node:child_process";
import { createSocket } from "node:dgram";
import { readFileSync } from "node:fs";
import { afterAll, beforeAll, expect, test } from "vitest";
import {
  eventually,
  getJson,
  type RunningCollector,
  startCollector,
  temporaryDirectory,
} from "../support/lacuna-process.ts";

/** The first Python that has pandas (Debian: python3-pandas). */
const python = ["python3", "/usr/bin/python3"].find(
  (command) => spawnSync(command, ["-c", "import pandas"]).status === 0,
);
if (python === undefined)
  console.log("no Python has pandas (Debian: python3-pandas): the recipe is not tried");
const directory = temporaryDirectory();
let collector: RunningCollector;
beforeAll(async () => {
  collector = await startCollector([
    "--listen",
    "udp://127.0.0.1:0",
    "--db",
    `${directory.path}/notebook.db`,
  ]);
});
afterAll(async () => {
  await collector.stop();
  directory.remove();
});

/** The recipe of docs/api.md as it stands there, but for the server and what needs a screen. */
const recipe = (): string => {
  const page = readFileSync(new URL("../../docs/api.md", import.meta.url), "utf8");
  const [, code] = /```python\n(.*?)```/s.exec(page)!;
  return code!.replace("http://127.0.0.1:8047", collector.api).replace(/^.*\.plot\(\)\n/m, "");
};

test.skipIf(python === undefined)("pandas reads the CSV as the notebook recipe says", async () => {
  const socket = createSocket("udp4");
  const values = [
    { temperature: 21.5, on: true, count: 1 },
    { temperature: -0.1, on: false, count: 2 },
    { on: true, count: 3, late: 4 },
  ];
  for (const [seq, each] of values.entries())
    socket.send(
      JSON.stringify({ device: "pump-7", epoch: 3, seq, values: each }),
      collector.ports[0]!,
      "127.0.0.1",
    );
  await eventually(
    () => getJson<{ total: { stored: number } }>(`${collector.api}/api/v1/ledger`),
    ({ total }) => total.stored === 3,
  );
  socket.close();
  const ask = `
print([str(df.index.dtype)] + [str(df[name].dtype) for name in df.columns])
print(list(df.columns), df["temperature"].isna().sum(), df["temperature"].sum(), df["late"].isna().sum())
`;
  const { stdout, stderr } = spawnSync(python!, ["-c", recipe() + ask], { encoding: "utf8" });
  expect([stdout.split("\n"), stderr]).toEqual([
    [
      "['datetime64[ns, UTC]', 'int64', 'int64', 'int64', 'float64', 'bool', 'int64', 'float64']",
      "['epoch', 'run', 'seq', 'temperature', 'on', 'count', 'late'] 1 21.4 2",
      "",
    ],
    "",
  ]);
});
