import type { Browser, CDPSession, Page } from "playwright-core";
import { visit } from "../../../test/browser/support/visit.ts";
import { TaskTrace } from "./task-trace.ts";

/** Kept from the moment it runs, and those of before it, since the browser keeps the first 200. */
const WATCH_LONG_TASKS = `
  window.longTasks = [];
  new PerformanceObserver((list) => {
    for (const { startTime, duration } of list.getEntries()) window.longTasks.push({ startTime, duration });
  }).observe({ type: "longtask", buffered: true });
`;

export interface LongTasks {
  /** of 50 ms and more */
  count: number;
  /** 0 = none was as long as 50 ms */
  longestMs: number;
}

/** A page whose long tasks, memory and complaints are known. */
export class WatchedPage {
  readonly page: Page;
  readonly complaints: readonly string[];
  readonly #close: () => Promise<void>;
  readonly #cdp: CDPSession;
  readonly #trace: TaskTrace;

  private constructor(opened: Awaited<ReturnType<typeof visit>>, cdp: CDPSession, trace: TaskTrace) {
    this.page = opened.page;
    this.complaints = opened.complaints;
    this.#close = opened.close;
    this.#cdp = cdp;
    this.#trace = trace;
  }

  static async open(browser: Browser, api: string, hash: string): Promise<WatchedPage> {
    const trace = await TaskTrace.start(browser);
    const opened = await visit(browser, api, hash, { viewport: { width: 1440, height: 900 } });
    const cdp = await opened.page.context().newCDPSession(opened.page);
    await cdp.send("Performance.enable");
    await opened.page.evaluate(WATCH_LONG_TASKS);
    return new WatchedPage(opened, cdp, trace);
  }

  /** @returns milliseconds of processor time of its longest task */
  async close(): Promise<number> {
    const longestCpuMs = await this.#trace.longestCpuMs();
    await this.#close();
    return longestCpuMs;
  }

  /** By the wall clock. Since the last question, or the page's beginning. */
  async longTasks(): Promise<LongTasks> {
    const durations = (await this.page.evaluate(
      "window.longTasks.splice(0).map(({ duration }) => duration)",
    )) as number[];
    return { count: durations.length, longestMs: Math.round(Math.max(0, ...durations)) };
  }

  /** After a collection of garbage: bytes of the script's heap, and nodes of the document. */
  async memory(): Promise<{ heapBytes: number; nodes: number }> {
    await this.#cdp.send("HeapProfiler.collectGarbage");
    const { metrics } = await this.#cdp.send("Performance.getMetrics");
    const metric = (wanted: string): number => metrics.find(({ name }) => name === wanted)?.value ?? 0;
    return { heapBytes: metric("JSHeapUsedSize"), nodes: metric("Nodes") };
  }
}
