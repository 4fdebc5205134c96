// After an installation every source file is compiled once and kept (compile-cache.js). Otherwise each thread of the first collector would
// load the compiler of types by itself: a second, and 50 MiB for as long as the collector runs. Plain JavaScript, and never an error:
// without it everything works.
import { readdirSync } from "node:fs";
import * as module from "node:module";
import { join } from "node:path";
import { isMainThread, Worker } from "node:worker_threads";

const ROOT = join(import.meta.dirname, "..");
const FOLDERS = ["api", "cli", "collector", "common", "db", "protocol", "simulator"];
const isSource = (file) => file.endsWith(".ts") && file !== "main.ts";

const compile = async (folders) => {
  for (const folder of folders) {
    const files = readdirSync(join(ROOT, folder), { recursive: true, encoding: "utf8" });
    // entries of threads throw, since they are given nothing: they are compiled all the same
    for (const file of files.filter(isSource)) await import(join(ROOT, folder, file)).catch(() => {});
  }
};

/** What is compiled under other flags of V8 is another code: the command is loaded before the collector sets them, the rest after it. */
const warmUp = async () => {
  await import("./compile-cache.js");
  await compile(["cli"]);
  process.argv[2] = "--version";
  await import("./main.ts");
  module.flushCompileCache();
  (await import("../common/engine-flags.ts")).setEngineFlags();
  await compile(FOLDERS);
  new Worker(new URL(import.meta.url)).on("error", () => {});
};

if (!isMainThread) await compile(FOLDERS);
else if (Number(process.versions.node.split(".")[0]) >= 24) await warmUp().catch(() => {});
