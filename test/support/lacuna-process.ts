import { type ChildProcess, spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";

const LAUNCHER = join(import.meta.dirname, "../../cli/lacuna.js");

/** A directory of the test's own; remove it with `remove()`. */
export const temporaryDirectory = (): { path: string; remove(): void } => {
  const path = mkdtempSync(join(tmpdir(), "lacuna-test-"));
  return { path, remove: () => rmSync(path, { recursive: true, force: true }) };
};

export interface Finished {
  /** null when a signal ended it */
  code: number | null;
  signal: NodeJS.Signals | null;
  stdout: string;
  stderr: string;
}

export interface RunOptions {
  /** words before the command, such as `["ip", "netns", "exec", "name"]` */
  within?: readonly string[];
  env?: Record<string, string>;
  cwd?: string;
  /** given to standard input, which is closed otherwise */
  input?: string;
}

/** All of this file, in order (say-what-failed.ts). */
export const startedProcesses: LacunaProcess[] = [];

/** One `lacuna` process with its output; it is an error to leave one running at the end of a test. */
export class LacunaProcess {
  readonly args: readonly string[];
  readonly child: ChildProcess;
  stdout = "";
  stderr = "";
  readonly #log: Record<string, unknown>[] = [];
  readonly #waiting = new Set<() => void>();
  readonly finished: Promise<Finished>;
  #over = false;

  constructor(args: readonly string[], options: RunOptions = {}) {
    this.args = args;
    startedProcesses.push(this);
    const command = [...(options.within ?? []), process.execPath, LAUNCHER, ...args];
    this.child = spawn(command[0]!, command.slice(1), {
      cwd: options.cwd,
      // where compiled code is kept it finds by itself (compiled-sources.ts is for threads)
      env: { ...process.env, NODE_COMPILE_CACHE: undefined, LACUNA_LOG_LEVEL: "info", ...options.env },
      stdio: ["pipe", "pipe", "pipe"],
    });
    this.child.stdin!.on("error", () => this.#wake());
    this.child.stdin!.end(options.input ?? "");
    this.child.stdout!.on("data", (chunk: Buffer) => {
      this.stdout += chunk.toString();
      this.#wake();
    });
    createInterface({ input: this.child.stderr! }).on("line", (line) => {
      this.stderr += `${line}\n`;
      if (line.startsWith("{")) this.#log.push(parseLine(line));
      this.#wake();
    });
    // a test that failed half way leaves nothing running
    const endWithTheTests = (): void => {
      this.child.kill("SIGKILL");
    };
    process.once("exit", endWithTheTests);
    this.finished = new Promise((resolve) => {
      this.child.on("close", (code, signal) => {
        process.off("exit", endWithTheTests);
        this.#over = true;
        this.#wake();
        resolve({ code, signal, stdout: this.stdout, stderr: this.stderr });
      });
    });
  }

  get pid(): number {
    return this.child.pid!;
  }

  #wake(): void {
    for (const wake of this.#waiting) wake();
  }

  /** Resolves with the first log entry that has this message; rejects when the process ends before. */
  async logged(message: string): Promise<Record<string, unknown>> {
    for (;;) {
      const entry = this.#log.find((candidate) => candidate.msg === message);
      if (entry !== undefined) return entry;
      if (this.#over) throw new Error(`ended before it logged "${message}":\n${this.stderr}${this.stdout}`);
      await new Promise<void>((resolve) => {
        const wake = () => {
          this.#waiting.delete(wake);
          resolve();
        };
        this.#waiting.add(wake);
      });
    }
  }

  signal(name: NodeJS.Signals): void {
    this.child.kill(name);
  }

  /** SIGTERM, and the end of the process. */
  async stop(): Promise<Finished> {
    this.signal("SIGTERM");
    return await this.finished;
  }
}

const parseLine = (line: string): Record<string, unknown> => {
  try {
    return JSON.parse(line) as Record<string, unknown>;
  } catch {
    return { msg: line };
  }
};

/** Runs `lacuna ARGS` to its end. */
export const runLacuna = async (args: readonly string[], options: RunOptions = {}): Promise<Finished> =>
  await new LacunaProcess(args, options).finished;

export interface RunningCollector {
  process: LacunaProcess;
  /** base of the API, without a slash at the end */
  api: string;
  /** the ports the listeners got, in the order of `--listen` */
  ports: number[];
  stop(): Promise<Finished>;
}

/** `lacuna collect` on free ports; resolves when it is ready. */
export const startCollector = async (
  args: readonly string[],
  options: RunOptions = {},
): Promise<RunningCollector> => {
  const running = new LacunaProcess(["collect", "--http", "127.0.0.1:0", ...args], options);
  const ready = (await running.logged("ready")) as { http: string; listeners: { port: number }[] };
  return {
    process: running,
    api: ready.http,
    ports: ready.listeners.map(({ port }) => port),
    stop: () => running.stop(),
  };
};

/** Shorter than a test's own limit, so that one that waits in vain says for what: a limit met without a word is something that hangs. */
const IN_VAIN_MS = 150_000;
const NO_ANSWER_MS = 60_000;
const LONGEST_ANSWER = 2000;

/**
 * Asks until the answer is as wanted.
 * @throws Error with the last answer, after two and a half minutes
 */
export const eventually = async <T>(ask: () => Promise<T>, wanted: (answer: T) => boolean): Promise<T> => {
  const began = performance.now();
  for (;;) {
    const answer = await ask();
    if (wanted(answer)) return answer;
    if (performance.now() - began > IN_VAIN_MS) {
      const last = JSON.stringify(answer)?.slice(0, LONGEST_ANSWER);
      throw new Error(`waited ${IN_VAIN_MS / 1000} s in vain; the last answer: ${last}`);
    }
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
};

/** GET of a JSON answer. */
export const getJson = async <T = Record<string, unknown>>(url: string): Promise<T> => {
  const response = await fetch(url, { signal: AbortSignal.timeout(NO_ANSWER_MS) });
  if (!response.ok) throw new Error(`${response.status} from ${url}: ${await response.text()}`);
  return (await response.json()) as T;
};
