import { spawn } from "node:child_process";
import { once } from "node:events";
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { temporaryDirectory } from "../support/lacuna-process.ts";

const BENCH = join(import.meta.dirname, "../../bench");

interface Ended {
  code: number | null;
  stdout: string;
  stderr: string;
}

/** Runs a benchmark with a folder for temporary files of its own. `heard` may end it. */
const bench = async (words: readonly string[], heard?: (stdout: string) => NodeJS.Signals | undefined) => {
  const folder = temporaryDirectory();
  onTestFinished(folder.remove);
  const [file = "", ...options] = words;
  const child = spawn(process.execPath, [join(BENCH, file), ...options], {
    env: { ...process.env, TMPDIR: folder.path },
  });
  onTestFinished(() => void child.kill("SIGKILL"));
  const ended: Ended = { code: null, stdout: "", stderr: "" };
  child.stdout.on("data", (chunk) => {
    ended.stdout += chunk;
    const signal = heard?.(ended.stdout);
    if (signal !== undefined && !child.killed) child.kill(signal);
  });
  child.stderr.on("data", (chunk) => {
    ended.stderr += chunk;
  });
  [ended.code] = await once(child, "close");
  return { ...ended, left: readdirSync(folder.path) };
};

test.each([
  [["main.ts", "no-such"], "no benchmark's path contains no-such"],
  [["ingest/end-to-end.ts", "no-such"], "there is no scenario 'no-such': w1, "],
  [["ingest/end-to-end.ts", "w1", "--pairs", "0"], "--pairs takes a whole number from 1 on, not '0'"],
  [["ingest/end-to-end.ts", "w1", "--rate", "much"], "--rate takes a whole number from 1 on, not 'much'"],
  [["ingest/end-to-end.ts", "w1", "--bogus"], "Unknown option '--bogus'; --help names the options"],
  [["db/w3.ts", "0"], "readings a second takes a whole number from 4 on, not '0'"],
  [["api/queries.ts", "--requests", "0"], "--requests takes a whole number from 1 on, not '0'"],
  [["api/load.ts", "--seconds", "x"], "--seconds takes a whole number from 1 on, not 'x'"],
])("a benchmark says in one line what is wrong with %j", async (words, sentence) => {
  const { code, stdout, stderr } = await bench(words);
  expect(stderr).toContain(sentence);
  expect(stderr.trim().split("\n")).toHaveLength(1);
  expect([code, stdout]).toEqual([2, ""]);
});

test.each([
  ["db/gaps/gap-store.ts", "1000 runs, 0 open gaps"],
  ["main.ts", "1000 runs, 0 open gaps"],
])("%s that is ended leaves no file and no process behind", async (file, line) => {
  const words = file === "main.ts" ? [file, "gap-store"] : [file];
  const { code, left } = await bench(words, (out) => (out.includes(line) ? "SIGTERM" : undefined));
  expect(code).toBe(143);
  expect(left).toEqual([]);
});

test.each([
  ["no JSON", "holds something else than results"],
  ["{}", "holds something else than results"],
  [
    '{"machine":{"cores":1,"kernel":"2.4"},"scenarios":{}}',
    "holds figures of another machine, kernel or Node",
  ],
])("results are not added to %s, which is said before anything is measured", async (content, sentence) => {
  const folder = temporaryDirectory();
  onTestFinished(folder.remove);
  const out = join(folder.path, "results.json");
  writeFileSync(out, content);
  const { code, stdout, stderr } = await bench(["ingest/end-to-end.ts", "w1", "--out", out]);
  expect(stderr).toContain(`${out} ${sentence}`);
  expect([code, stdout, readFileSync(out, "utf8")]).toEqual([1, "", content]);
});
