import { execFileSync, spawnSync } from "node:child_process";
import { expect, test } from "vitest";

const MODULE = new URL("../../common/engine-flags.js", import.meta.url).href;

/** Much is alive for a while, then dies, again and again. @returns what the young generation has become, mebibytes */
const youngAfterLoad = (before: string): number => {
  const script = `
    ${before}
    const { getHeapSpaceStatistics } = await import("node:v8");
    let waiting = [];
    for (let at = 0; at < 2_000_000; at++) {
      waiting.push({ at });
      if (waiting.length === 100_000) waiting = [];
    }
    console.log(getHeapSpaceStatistics().find(({ space_name }) => space_name === "new_space").space_size / 2 ** 20);`;
  return Number(execFileSync(process.execPath, ["--input-type=module", "-e", script], { encoding: "utf8" }));
};

test("the young generation of the main thread does not grow under load", () => {
  expect(youngAfterLoad("")).toBeGreaterThan(16);
  expect(youngAfterLoad(`(await import(${JSON.stringify(MODULE)})).setEngineFlags();`)).toBeLessThan(16);
});

test("this Node knows every flag", () => {
  const script = `(await import(${JSON.stringify(MODULE)})).setEngineFlags();`;
  const { status, stderr } = spawnSync(process.execPath, ["--input-type=module", "-e", script], {
    encoding: "utf8",
  });
  expect([status, stderr]).toEqual([0, ""]);
});
