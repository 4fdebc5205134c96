import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, expect, test } from "vitest";
import { openReadOnly } from "../../db/read-only.ts";
import { temporaryDirectory } from "../support/lacuna-process.ts";
import { seededRandom } from "../support/seeded-random.ts";

const KILLS = 30;
const SCRIPT = join(import.meta.dirname, "../support/merging-writer.ts");

const directory = temporaryDirectory();
afterAll(() => directory.remove());
const file = `${directory.path}/killed.db`;

/** Runs the writer for a while and kills it. @returns how many readings it said were committed */
const killedAfter = async (device: string, ms: number): Promise<number> => {
  const child = spawn(process.execPath, [SCRIPT, file, device], { stdio: ["ignore", "pipe", "inherit"] });
  let printed = "";
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    printed += text;
  });
  await once(child.stdout, "data");
  await sleep(ms);
  child.kill("SIGKILL");
  await once(child, "close");
  // the last line may be cut off
  return Math.max(...printed.split("\n").slice(0, -1).map(Number));
};

test(`${KILLS} kills at any moment of flushes and merges lose nothing that was committed and double nothing`, async () => {
  const random = seededRandom(11);
  const committed: number[] = [];
  for (let kill = 0; kill < KILLS; kill++) committed.push(await killedAfter(`pump-${kill}`, random() * 250));
  const store = openReadOnly(file);
  for (const [kill, least] of committed.entries()) {
    const found: unknown[] = [];
    for (let after = null, isFirst = true; isFirst || after !== null; isFirst = false) {
      const query = { device: `pump-${kill}`, channels: [], fromUs: null, toUs: null, order: "asc" as const };
      const page = await store.reader.readings({ ...query, limit: 10_000, after });
      found.push(...page.readings.map(({ values }) => values[0]));
      after = page.next as null;
    }
    expect(found.length).toBeGreaterThanOrEqual(least);
    expect(found).toEqual(Array.from({ length: found.length }, (_, value) => value));
  }
  const { counts } = store.view.fleet();
  expect(Number(counts.stored)).toBe(Number(counts.received));
  store.close();
});
