import type { Browser, CDPSession } from "playwright-core";

interface TraceEvent {
  name: string;
  ph: string;
  pid: number;
  tid: number;
  /** microseconds of the wall clock, and of the thread's processor */
  dur?: number;
  tdur?: number;
  args: { name?: string };
}

/**
 * The processor time of a page's longest task. The browser's own long tasks are told by the wall clock, which on a busy machine
 * runs while the page's thread waits for a processor.
 */
export class TaskTrace {
  readonly #cdp: CDPSession;
  readonly #events: TraceEvent[] = [];

  private constructor(cdp: CDPSession) {
    this.#cdp = cdp;
    cdp.on("Tracing.dataCollected", ({ value }) => {
      for (const event of value as unknown as TraceEvent[]) this.#events.push(event);
    });
  }

  static async start(browser: Browser): Promise<TaskTrace> {
    const trace = new TaskTrace(await browser.newBrowserCDPSession());
    await trace.#cdp.send("Tracing.start", { traceConfig: { includedCategories: ["toplevel"] } });
    return trace;
  }

  /** Ends the trace. @returns milliseconds of the longest task of the renderer that had most of them: the page, once it was looked at for some seconds */
  async longestCpuMs(): Promise<number> {
    const complete = new Promise((resolve) => this.#cdp.once("Tracing.tracingComplete", resolve));
    await this.#cdp.send("Tracing.end");
    await complete;
    await this.#cdp.detach();
    const place = ({ pid, tid }: TraceEvent): string => `${pid}:${tid}`;
    const mains = new Set(
      this.#events
        .filter(({ name, args }) => name === "thread_name" && args.name === "CrRendererMain")
        .map(place),
    );
    const tasks = this.#events.filter((event) => event.ph === "X" && event.name.endsWith("RunTask"));
    const byThread = Map.groupBy(
      tasks.filter((event) => mains.has(place(event))),
      place,
    );
    const [busiest = []] = [...byThread.values()].sort((one, other) => other.length - one.length);
    return Math.round(busiest.reduce((most, { tdur = 0 }) => Math.max(most, tdur), 0) / 1000);
  }
}
