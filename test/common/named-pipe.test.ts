import { execFileSync } from "node:child_process";
import { once } from "node:events";
import {
  closeSync,
  constants,
  fstatSync,
  mkdtempSync,
  openSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Worker } from "node:worker_threads";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { write } from "../../cli/terminal/output.ts";
import { isNamedPipe, openNamedPipe } from "../../common/named-pipe.ts";

describe.skipIf(process.platform === "win32")("a named pipe", () => {
  let directory: string;
  let path: string;
  let abort: AbortController;
  let waits: number;
  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), "lacuna-pipe-"));
    path = join(directory, "pipe");
    execFileSync("mkfifo", [path]);
    abort = new AbortController();
    waits = 0;
  });
  afterEach(() => rmSync(directory, { recursive: true }));

  const opening = () => openNamedPipe(path, abort.signal, () => void waits++);
  /** Somebody who has it open, and takes nothing by himself. */
  const open = (): number => openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);

  test("is known by its path, as a file and what is not there are not", () => {
    const file = join(directory, "file");
    writeFileSync(file, "");
    expect([path, file, join(directory, "nothing")].map(isNamedPipe)).toEqual([true, false, false]);
  });

  test("waits for who reads it, and is whole then", async () => {
    const asked = opening();
    expect(waits).toBe(1);
    const reader = open();
    const pipe = await asked;
    pipe.end("a line\n");
    await new Promise((resolve) => pipe.once("close", resolve));
    expect(readFileSync(reader, "utf8")).toBe("a line\n");
    closeSync(reader);
  });

  test("that a thread had open is closed once: its number is somebody else's when the thread ends", async () => {
    const reader = open();
    const thread = new Worker(
      `const { parentPort, workerData: { source, path } } = require("node:worker_threads");
       parentPort.once("message", () => {});
       import(source).then(async ({ openNamedPipe }) => {
         const pipe = await openNamedPipe(path, new AbortController().signal, () => {});
         pipe.once("close", () => parentPort.postMessage("closed")).end();
       });`,
      { eval: true, workerData: { source: import.meta.resolve("../../common/named-pipe.ts"), path } },
    );
    await once(thread, "message");
    // the system gives the lowest numbers that are free: the pipe's is among them
    const others = Array.from({ length: 100 }, () => openSync(directory, "r"));
    thread.postMessage("end");
    await once(thread, "exit");
    expect(() => others.map((other) => fstatSync(other))).not.toThrow();
    for (const descriptor of [reader, ...others]) closeSync(descriptor);
  });

  test("that nobody reads is given up", async () => {
    const asked = opening();
    abort.abort();
    await expect(asked).rejects.toMatchObject({ code: "ERR_PIPE_UNREAD", message: "nobody reads the pipe" });
  });

  test("that is given up while its reader comes is not written to: whoever stands still then would hold up the end", async () => {
    const asked = opening();
    const reader = open();
    abort.abort();
    await expect(asked).rejects.toMatchObject({ code: "ERR_PIPE_UNREAD" });
    closeSync(reader);
  });

  test("whose reader stands still is given up in the middle of what is written", async () => {
    const reader = open();
    const pipe = await opening();
    // more than it holds
    const written = write(pipe, "x".repeat(2 ** 20));
    abort.abort();
    await expect(written).rejects.toMatchObject({ code: "ERR_OUTPUT" });
    expect(waits).toBe(0);
    closeSync(reader);
  });
});
