import type { ChildProcess } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import type { ReceivePath } from "../../collector/receive/receiver.ts";
import type { ProbeLine, ProbeSend } from "./listener-probe.ts";
import type { Netns } from "./netns.ts";

const PROBE = fileURLToPath(new URL("./listener-probe.ts", import.meta.url));

/** A listener probe running in a namespace. */
export class Probe {
  readonly #child: ChildProcess;
  readonly #lines: AsyncIterator<string>;
  readonly #heard: { listener: number; text: string }[] = [];

  constructor(where: Netns, path: ReceivePath, urls: readonly string[]) {
    this.#child = where.spawn(process.execPath, [PROBE, path, ...urls]);
    this.#child.stderr?.pipe(process.stderr);
    this.#lines = createInterface({ input: this.#child.stdout! })[Symbol.asyncIterator]();
  }

  /** The next line but those of datagrams heard, which are remembered. */
  async #next(): Promise<Exclude<ProbeLine, { line: "heard" }>> {
    for (;;) {
      const { value, done } = await this.#lines.next();
      if (done) throw new Error("the probe ended");
      const line = JSON.parse(value) as ProbeLine;
      if (line.line !== "heard") return line;
      this.#heard.push(line);
    }
  }

  /** The ports bound, once every listener is up. */
  async ports(): Promise<number[]> {
    const line = await this.#next();
    if (line.line !== "opened") throw new Error(JSON.stringify(line));
    return line.ports;
  }

  /** The error of a probe whose listeners must not come up. */
  async failure(): Promise<{ code: string | undefined; message: string }> {
    const line = await this.#next();
    if (line.line !== "failed") throw new Error(JSON.stringify(line));
    return line;
  }

  /** Send datagrams, one after the other. */
  async send(...datagrams: ProbeSend[]): Promise<void> {
    for (const datagram of datagrams) {
      this.#child.stdin!.write(`${JSON.stringify(datagram)}\n`);
      await this.#next();
    }
  }

  /** Everything heard up to and including the datagram of that text: what was sent before it and is not there was not heard. */
  async heardUntil(text: string): Promise<{ listener: number; text: string }[]> {
    while (!this.#heard.some((heard) => heard.text === text)) {
      const { value, done } = await this.#lines.next();
      if (done) throw new Error("the probe ended");
      this.#heard.push(JSON.parse(value) as { listener: number; text: string });
    }
    return this.#heard.map(({ listener, text: heardText }) => ({ listener, text: heardText }));
  }

  async end(): Promise<void> {
    const ended = once(this.#child, "exit");
    this.#child.stdin!.end();
    if (this.#child.exitCode === null) await ended;
  }
}
