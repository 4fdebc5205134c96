import { execFileSync } from "node:child_process";
import { expect, test } from "vitest";

/** Modules of Node itself that a process has after an import; Node does not document the list, but keeps it. */
const loadedWith = (file: string): string[] => {
  const script = `await import(${JSON.stringify(new URL(`../../${file}`, import.meta.url))});
    console.log(JSON.stringify(process.moduleLoadList));`;
  const words = ["--input-type=module", "--eval", script];
  return JSON.parse(execFileSync(process.execPath, words, { encoding: "utf8" })) as string[];
};

test("a server loads node:http without the HTTP client that to import it would load", () => {
  const loaded = loadedWith("api/app.ts");
  expect(loaded).toContain("NativeModule http");
  expect(loaded.filter((name) => name.includes("undici"))).toEqual([]);
});
