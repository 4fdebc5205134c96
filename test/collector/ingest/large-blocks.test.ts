import { execFileSync } from "node:child_process";
import { expect, test } from "vitest";
import { heapTrimmer, mapLargeBlocks } from "../../../collector/ingest/large-blocks.ts";

const MODULE = new URL("../../../collector/ingest/large-blocks.ts", import.meta.url).href;

/** Large blocks of which every other one is freed. @returns mebibytes that went back to the system with those, of the 64 freed */
const givenBack = (before: string): number => {
  const script = `
    import { setFlagsFromString } from "node:v8";
    import { runInNewContext } from "node:vm";
    import { setTimeout } from "node:timers/promises";
    setFlagsFromString("--expose-gc");
    const collect = runInNewContext("gc");
    const resident = () => process.memoryUsage.rss() / 2 ** 20;
    const block = (bytes) => new Uint8Array(bytes).fill(1);
    ${before}
    // what makes the allocator think again of what is large
    block(30 * 2 ** 20);
    collect();
    const blocks = Array.from({ length: 128 }, () => block(2 ** 20));
    const most = resident();
    const kept = blocks.filter((_, index) => index % 2 === 0);
    blocks.length = 0;
    collect();
    // they are freed by a thread of its own
    const until = performance.now() + 60_000;
    while (most - resident() < 48 && performance.now() < until) await setTimeout(10);
    console.log(kept.length === 64 ? most - resident() : -1);`;
  return Number(execFileSync(process.execPath, ["--input-type=module", "-e", script], { encoding: "utf8" }));
};

test("freed blocks go back to the system, whatever is beside them", async () => {
  const { header } = process.report.getReport() as { header: { glibcVersionRuntime?: string } };
  const isTold = header.glibcVersionRuntime !== undefined && (await mapLargeBlocks());
  const told = givenBack(`await (await import(${JSON.stringify(MODULE)})).mapLargeBlocks();`);
  if (isTold) expect(told).toBeGreaterThan(48);
  else expect(told).toBeGreaterThanOrEqual(0);
});

/** Small blocks of which every other one is freed. @returns mebibytes that went back to the system with a trim, of the 50 freed */
const trimmed = (): number => {
  const script = `
    import { setFlagsFromString } from "node:v8";
    import { runInNewContext } from "node:vm";
    import { setTimeout } from "node:timers/promises";
    const { heapTrimmer } = await import(${JSON.stringify(MODULE)});
    setFlagsFromString("--expose-gc");
    const collect = runInNewContext("gc");
    const trim = await heapTrimmer();
    const blocks = Array.from({ length: 1600 }, () => new Uint8Array(2 ** 16).fill(1));
    for (let index = 0; index < blocks.length; index += 2) blocks[index] = null;
    collect();
    const resident = () => process.memoryUsage.rss() / 2 ** 20;
    const before = resident();
    // again until then: they are freed by a thread of its own, and a trim that comes before it finds no holes
    const until = performance.now() + 60_000;
    while (before - resident() < 20 && performance.now() < until) {
      trim();
      await setTimeout(100);
    }
    console.log(before - resident());`;
  return Number(execFileSync(process.execPath, ["--input-type=module", "-e", script], { encoding: "utf8" }));
};

test("holes between small blocks go back to the system when they are trimmed", async () => {
  if ((await heapTrimmer()) === null) return;
  expect(trimmed()).toBeGreaterThan(20);
});
