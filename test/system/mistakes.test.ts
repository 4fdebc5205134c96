import { execFileSync } from "node:child_process";
import { chmodSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { LacunaProcess, runLacuna, startCollector, temporaryDirectory } from "../support/lacuna-process.ts";

const directory = temporaryDirectory();
afterAll(() => directory.remove());

test.concurrent.each([
  ["an unknown flag", ["collect", "--lisen", "x"], 2, /unknown option '--lisen'/],
  ["a value of a flag", ["collect", "--window", "soon"], 2, /window: 'soon'.*accepted/],
  ["a listener URL", ["collect", "--listen", "tcp://1.2.3.4:5"], 2, /not a listener URL/],
  ["a reading", ["send", "--device", "x", "hot"], 2, /'hot' is invalid.*accepted is NAME=NUMBER/],
  ["a channel", ["send", "--device", "x", "--native", "hot=1"], 2, /'hot'.*accepted is a channel/],
  ["a device id", ["send", "--device", "x".repeat(65), "a=1"], 2, /accepted is 1 to 64 bytes/],
  ["a target", ["send", "--device", "x", "--to", "tcp://1.2.3.4:5"], 2, /is not a target/],
  ["a heartbeat", ["send", "--device", "x", "--heartbeat", "a=1"], 2, /carries no readings/],
  ["what to audit", ["audit", "--truth", "t.jsonl"], 2, /audit: accepted is exactly one/],
  ["a URL to audit", ["audit", "--truth", "t.jsonl", "--api", "here"], 2, /'here' is invalid/],
  ["a combination of options", ["simulate", "--id-prefix", "x".repeat(65)], 2, /--id-prefix: at most/],
  ["a place for the truth", ["simulate", "--truth", "no/where"], 1, /no\/where cannot be written/],
  [
    "a truth file that is not there",
    ["audit", "--truth", "nowhere.jsonl", "--db", "x.db"],
    1,
    /nowhere\.jsonl/,
  ],
])("%s that is wrong: one clear sentence and the right exit status", async (_, args, code, sentence) => {
  const finished = await runLacuna(args, { cwd: directory.path });
  expect(finished.stderr).toMatch(sentence);
  expect(finished.code).toBe(code);
});

test.concurrent("a help that nobody reads ends without a word (--help | head)", async () => {
  const help = new LacunaProcess(["collect", "--help"]);
  help.child.stdout!.destroy();
  expect(await help.finished).toMatchObject({ code: 1, stderr: "" });
});

test.concurrent.each(["token", "--version"])(
  "an output that cannot be written is said (%s > /dev/full)",
  async (word) => {
    const finished = await runLacuna([word], { within: ["sh", "-c", 'exec "$@" > /dev/full', "sh"] });
    expect(finished).toMatchObject({
      code: 1,
      stderr: expect.stringMatching(/^lacuna: the output cannot be written: ENOSPC.*\n$/),
    });
  },
);

test.concurrent("a start that may open too few files ends and says how to raise that", async () => {
  const finished = await runLacuna(["collect", "--http", "127.0.0.1:0", "--listen", "udp://127.0.0.1:0"], {
    within: ["sh", "-c", 'ulimit -n 32; exec "$@"', "sh"],
    cwd: directory.path,
    env: { LACUNA_DB: `${directory.path}/few.db` },
  });
  expect(finished).toMatchObject({
    code: 1,
    stderr: expect.stringMatching(/^lacuna: .*; ulimit -n raises the limit\n$/),
  });
});

// whoever is root may write everywhere
const AS_NOBODY = ["setpriv", "--reuid", "65534", "--regid", "65534", "--clear-groups"];

test.concurrent("a database in a directory that cannot be written: what SQLite wants there is said", async () => {
  const readOnly = temporaryDirectory();
  const file = `${readOnly.path}/lacuna.db`;
  await (await startCollector(["--db", file, "--listen", "udp://127.0.0.1:0"])).stop();
  chmodSync(readOnly.path, 0o555);
  const within = process.getuid?.() === 0 ? AS_NOBODY : [];
  const finished = await runLacuna(["export", "--db", file], { within });
  chmodSync(readOnly.path, 0o755);
  readOnly.remove();
  expect(finished).toMatchObject({
    code: 1,
    stderr: expect.stringMatching(
      /lacuna\.db: SQLite makes a file beside it .* cannot be written: .*copy it/,
    ),
  });
});

test.concurrent.each(["-lock", "-shm"])(
  "a database beside which another user has left a %s: that is named, not SQLite's read-only database",
  async (suffix) => {
    const shared = temporaryDirectory();
    const file = `${shared.path}/lacuna.db`;
    await (await startCollector(["--db", file, "--listen", "udp://127.0.0.1:0"])).stop();
    chmodSync(shared.path, 0o777);
    for (const other of [file, `${file}-lock`]) chmodSync(other, 0o666);
    writeFileSync(`${file}${suffix}`, "", { flag: "a" });
    chmodSync(`${file}${suffix}`, 0o444);
    const within = process.getuid?.() === 0 ? AS_NOBODY : [];
    const options = ["--db", file, "--listen", "udp://127.0.0.1:0", "--http", "127.0.0.1:0"];
    const collect = await runLacuna(["collect", ...options], { within });
    const check = await runLacuna(["check", ...options], { within });
    shared.remove();
    const named = expect.stringMatching(new RegExp(`EACCES: permission denied, access '.*${suffix}'`));
    expect(collect).toMatchObject({ code: 1, stderr: named });
    expect(check).toMatchObject({ code: 1, stdout: named });
  },
);

test.concurrent("a mistake in the environment is a configuration error (78)", async () => {
  const finished = await runLacuna(["collect"], { env: { LACUNA_WINDOW: "soon" }, cwd: directory.path });
  expect(finished.code).toBe(78);
  expect(finished.stderr).toContain("LACUNA_WINDOW");
});

test.concurrent("a group that cannot be joined stops the start and says group, interface and cause", async () => {
  const finished = await runLacuna(
    [
      "collect",
      ...["--http", "127.0.0.1:0", "--db", `${directory.path}/join.db`],
      ...["--listen", "udp://239.1.2.3:5000?interface=nowhere0"],
    ],
    { cwd: directory.path },
  );
  expect(finished.code).toBe(1);
  expect(finished.stderr).toMatch(/239\.1\.2\.3/);
  expect(finished.stderr).toMatch(/nowhere0/);
});

test("the command that npm link puts on the PATH runs on the Node of the repository, whatever the machine has", () => {
  const linked = join(directory.path, "lacuna");
  const root = join(import.meta.dirname, "../..");
  const { bin } = JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as { bin: { lacuna: string } };
  symlinkSync(join(root, bin.lacuna), linked);
  const older = join(directory.path, "node");
  writeFileSync(older, "#!/bin/sh\necho an older Node\n");
  chmodSync(older, 0o755);
  const env = { ...process.env, PATH: `${directory.path}:/usr/bin:/bin` };
  expect(execFileSync("lacuna", ["--version"], { env, encoding: "utf8" })).toBe("0.1.0\n");
});
