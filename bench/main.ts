import { spawnSync } from "node:child_process";
import { readdirSync } from "node:fs";
import { join } from "node:path";

/**
 * Runs the benchmarks one after the other, each in a process of its own, and prints what they print: `npm run bench`, or
 * `npm run bench -- db tracker` for those whose path contains one of the words. Exits 1 when one failed.
 */
const FOLDER = import.meta.dirname;
/** folders whose files are shared by benchmarks and are none themselves */
const HELPERS = /[/\\]?support[/\\]/;

const isWanted = (file: string): boolean => {
  const words = process.argv.slice(2);
  return words.length === 0 || words.some((word) => file.includes(word));
};

const files = readdirSync(FOLDER, { recursive: true, encoding: "utf8" })
  .filter((file) => /[/\\].*\.ts$/.test(file) && !HELPERS.test(file) && isWanted(file))
  .sort();

const table = files.map((file) => {
  console.log(`\n== ${file}`);
  const startMs = performance.now();
  const { status } = spawnSync(process.execPath, [join(FOLDER, file)], { stdio: "inherit" });
  const seconds = ((performance.now() - startMs) / 1000).toFixed(1);
  return { benchmark: file, seconds, result: status === 0 ? "done" : "FAILED" };
});
console.table(table);
if (table.some(({ result }) => result === "FAILED")) process.exitCode = 1;
