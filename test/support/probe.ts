import type { ChildProcess } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import type { ReceivePath } from "../../collector/receive/receiver.ts";
import type { ProbeCommand, ProbeLine, ProbeSend } from "./listener-probe.ts";
import type { Netns } from "./netns.ts";

const PROBE = fileURLToPath(new URL("./listener-probe.ts", import.meta.url));

/** A listener probe running in a namespace: one process, whose listeners are opened and closed as the tests want. */
export class Probe {
  readonly #child: ChildProcess;
  readonly #lines: AsyncIterator<string>;
  readonly #heard: { listener: number; text: string }[] = [];

  constructor(where: Netns, path: ReceivePath) {
    this.#child = where.spawn(process.execPath, [PROBE, path]);
    this.#child.stderr?.pipe(process.stderr);
    this.#lines = createInterface({ input: this.#child.stdout! })[Symbol.asyncIterator]();
  }

  /** The answer: the next line but those of datagrams heard, which are remembered. */
  async #ask(command: ProbeCommand): Promise<Exclude<ProbeLine, { line: "heard" }>> {
    this.#child.stdin!.write(`${JSON.stringify(command)}\n`);
    for (;;) {
      const line = await this.#next();
      if (line.line !== "heard") return line;
      this.#heard.push(line);
    }
  }

  async #next(): Promise<ProbeLine> {
    const { value, done } = await this.#lines.next();
    if (done) throw new Error("the probe ended");
    return JSON.parse(value) as ProbeLine;
  }

  /** Open listeners. @returns their ports, once every one is up */
  async listen(...urls: string[]): Promise<number[]> {
    const line = await this.#ask({ open: urls });
    if (line.line !== "opened") throw new Error(JSON.stringify(line));
    return line.ports;
  }

  /** The error of listeners that must not come up. */
  async failure(...urls: string[]): Promise<{ code: string | undefined; message: string }> {
    const line = await this.#ask({ open: urls });
    if (line.line !== "failed") throw new Error(JSON.stringify(line));
    return line;
  }

  /** Send datagrams, one after the other. */
  async send(...datagrams: ProbeSend[]): Promise<void> {
    for (const datagram of datagrams) await this.#ask({ send: datagram });
  }

  /** Everything heard up to and including the datagram of that text: what was sent before it and is not there was not heard. */
  async heardUntil(text: string): Promise<{ listener: number; text: string }[]> {
    while (!this.#heard.some((heard) => heard.text === text)) {
      const line = await this.#next();
      if (line.line === "heard") this.#heard.push(line);
    }
    return this.#heard.map(({ listener, text: heardText }) => ({ listener, text: heardText }));
  }

  /** Close the listeners and forget what they heard; others can be opened. */
  async close(): Promise<void> {
    await this.#ask("close");
    this.#heard.length = 0;
  }

  async end(): Promise<void> {
    const ended = once(this.#child, "exit");
    this.#child.stdin!.end();
    if (this.#child.exitCode === null) await ended;
  }
}
