import { writeFileSync } from "node:fs";
import { afterAll, expect, test } from "vitest";
import {
  eventually,
  getJson,
  LacunaProcess,
  startCollector,
  temporaryDirectory,
} from "../support/lacuna-process.ts";

const directory = temporaryDirectory();
afterAll(() => directory.remove());

interface Ledger {
  total: Record<string, number>;
}

test.concurrent.each([
  ["writer", "the database's writer failed: told to die"],
  ["ingest", "the ingest worker died: told to die"],
])(
  "a %s thread that dies in the middle of traffic ends the collector with a sentence and exit code 1",
  async (thread, sentence) => {
    const when = `${directory.path}/${thread}-dies`;
    const collector = await startCollector(
      ["--listen", "udp://127.0.0.1:0", "--db", `${directory.path}/${thread}-dies.db`],
      {
        env: {
          NODE_OPTIONS: `--import=${new URL("../support/dying-thread.ts", import.meta.url).href}`,
          DYING_THREAD: thread,
          DYING_WHEN: when,
        },
      },
    );
    const simulator = new LacunaProcess([
      ...["simulate", "--target", `udp://127.0.0.1:${collector.ports[0]!}`, "--devices", "50"],
      ...["--rate", "40", "--truth", `${directory.path}/${thread}-dies.jsonl`, "--duration", "2s"],
    ]);
    await eventually(
      () => getJson<Ledger>(`${collector.api}/api/v1/ledger`),
      ({ total }) => total.received! > 100,
    );
    writeFileSync(when, "");
    const { code, stderr } = await collector.process.finished;
    expect(code).toBe(1);
    expect(stderr).toContain(sentence);
    await simulator.finished;
  },
);
