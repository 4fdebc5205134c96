import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { LacunaError } from "../../../common/errors.ts";
import type { GeneratorOptions, GeneratorResult } from "./generator.ts";

/** Helper processes of the benchmark: each prints lines of JSON. */
export class Child {
  readonly process: ChildProcess;
  readonly #file: string;
  readonly #lines: AsyncIterator<string>;

  /** @param file - beside this one */
  constructor(file: string, ...words: string[]) {
    this.#file = file;
    this.process = spawn(process.execPath, [join(import.meta.dirname, file), ...words], {
      stdio: ["pipe", "pipe", "inherit"],
    });
    this.#lines = createInterface({ input: this.process.stdout! })[Symbol.asyncIterator]();
    process.once("exit", this.kill);
    this.process.once("exit", () => process.off("exit", this.kill));
  }

  get pid(): number {
    return this.process.pid!;
  }

  /** Throws when it ends before: it has said why on the error output. */
  async nextLine<T>(): Promise<T> {
    const { value, done } = await this.#lines.next();
    if (done === true) throw new LacunaError("ERR_BENCH_CHILD", `${this.#file} ended early`);
    return JSON.parse(value) as T;
  }

  /** The end of its input, its last line, the end of the process. */
  async finish<T>(): Promise<T> {
    const exit = once(this.process, "exit");
    this.process.stdin!.end();
    const last = await this.nextLine<T>();
    await exit;
    return last;
  }

  readonly kill = (): void => void this.process.kill("SIGKILL");
}

/** Send a load, in a process of its own. */
export const sendLoad = async (options: GeneratorOptions): Promise<GeneratorResult> =>
  await new Child("generator.ts", JSON.stringify(options)).finish<GeneratorResult>();
