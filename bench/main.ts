import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { readdirSync } from "node:fs";
import { constants } from "node:os";
import { join } from "node:path";
import { parseCommand, refuse } from "./support/command.ts";

/** Runs the benchmarks one after the other, each in a process of its own, and prints what they print. Exits 1 when one failed. */
const HELP = `npm run bench [-- WORD…]
  all benchmarks, or those whose path contains one of the words: npm run bench -- db tracker
  those with options of their own (node bench/ingest/end-to-end.ts --help) run without any`;

const FOLDER = import.meta.dirname;
/** folders whose files are shared by benchmarks and are none themselves */
const HELPERS = /[/\\]?support[/\\]/;

const { positionals } = parseCommand(HELP, { allowPositionals: true, options: {} });

const isWanted = (file: string): boolean =>
  positionals.length === 0 || positionals.some((word) => file.includes(word));

const all = readdirSync(FOLDER, { recursive: true, encoding: "utf8" })
  .filter((file) => /[/\\].*\.ts$/.test(file) && !HELPERS.test(file))
  .sort();
const files = all.filter(isWanted);
if (files.length === 0) refuse(`no benchmark's path contains ${positionals.join(" or ")}: ${all.join(", ")}`);

/** the one that runs */
let child: ChildProcess | undefined;
/** what told this process to end: the benchmark that runs ends with it and cleans up after itself */
let signal: NodeJS.Signals | undefined;

for (const name of ["SIGINT", "SIGTERM"] as const) {
  process.on(name, () => {
    signal = name;
    child?.kill(name);
  });
}

const runOne = async (file: string): Promise<{ benchmark: string; seconds: string; result: string }> => {
  console.log(`\n== ${file}`);
  const startMs = performance.now();
  child = spawn(process.execPath, [join(FOLDER, file)], { stdio: "inherit" });
  const [status] = await once(child, "exit");
  const seconds = ((performance.now() - startMs) / 1000).toFixed(1);
  return { benchmark: file, seconds, result: status === 0 ? "done" : "FAILED" };
};

const table = [];
for (const file of files) {
  if (signal === undefined) table.push(await runOne(file));
}
console.table(table);
if (table.some(({ result }) => result === "FAILED")) process.exitCode = 1;
if (signal !== undefined) process.exitCode = 128 + constants.signals[signal];
