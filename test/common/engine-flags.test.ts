import { execFileSync, spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";

const COMMAND = fileURLToPath(new URL("../../cli/lacuna.js", import.meta.url));
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

/** @returns what the young generation of the main thread is once the command has been loaded, mebibytes */
const youngAfterLoading = (command: string): number => {
  const tell = `import { getHeapSpaceStatistics } from "node:v8";
    process.on("exit", () => {
      const young = getHeapSpaceStatistics().find(({ space_name }) => space_name === "new_space");
      process.stderr.write(String(young.space_size / 2 ** 20));
    });`;
  const tellFirst = ["--import", `data:text/javascript,${encodeURIComponent(tell)}`];
  return Number(
    spawnSync(process.execPath, [...tellFirst, COMMAND, command, "--help"], { encoding: "utf8" }).stderr,
  );
};

test("a collector's heap is small from its first module on, a short command's is V8's own", () => {
  expect(youngAfterLoading("collect")).toBeLessThanOrEqual(2);
  expect(youngAfterLoading("demo")).toBeLessThanOrEqual(2);
  expect(youngAfterLoading("simulate")).toBeGreaterThan(2);
});
