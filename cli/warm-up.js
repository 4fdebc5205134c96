// After an installation every source file is compiled once and kept (compile-cache.js). Otherwise each thread of the first collector would
// load the compiler of types by itself: a second, and 50 MiB for as long as the collector runs. Plain JavaScript, and never an error:
// without it everything works.
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { isMainThread, Worker } from "node:worker_threads";
import { setEngineFlags } from "../common/engine-flags.js";

const ROOT = join(import.meta.dirname, "..");
const FOLDERS = ["api", "cli", "collector", "common", "db", "protocol", "simulator"];
const isSource = (file) => file.endsWith(".ts") && file !== "main.ts";

const compile = async () => {
  for (const folder of FOLDERS) {
    const files = readdirSync(join(ROOT, folder), { recursive: true, encoding: "utf8" });
    // entries of threads throw, since they are given nothing: they are compiled all the same
    for (const file of files.filter(isSource))
      await import(pathToFileURL(join(ROOT, folder, file)).href).catch(() => {});
  }
  process.argv[2] = "--version";
  await import("./main.ts");
};

/** In a thread of its own: what the command prints is not for whoever installs it. */
const compileApart = () =>
  new Promise((resolve) => {
    new Worker(new URL(import.meta.url), { stdout: true }).once("error", resolve).once("exit", resolve);
  });

/** What is compiled under other flags of V8 is another code: once for what does not collect, once for what does (lacuna.js) and its threads. */
const warmUp = async () => {
  await import("./compile-cache.js");
  await compileApart();
  setEngineFlags();
  await compileApart();
};

if (!isMainThread) await compile();
else if (Number(process.versions.node.split(".")[0]) >= 24) await warmUp().catch(() => {});
