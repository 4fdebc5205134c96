import { setTimeout as sleep } from "node:timers/promises";
import { messageOf } from "../../common/errors.ts";
import { assertFleetIdentities, assertRunIdentities, type LedgerJson } from "./identities.ts";
import type { RunningCollector } from "./lacuna-process.ts";

const EVERY_MS = 250;
const MOST_FAILURES = 10;

/** What was seen of a collector while it was watched. */
export interface Watched {
  samples: number;
  /** what was not as it must be, the first few */
  failures: string[];
  mostDevices: number;
  /** answer times of every request */
  p50Ms: number;
  p99Ms: number;
}

interface ListenerJson {
  url: string;
  counters: LedgerJson & { datagrams: number; rejected: Record<string, number> };
}

const PARTS = ["received", "duplicates", "redundant", "control", "unsequenced", "shed", "held"];

/** Asks a collector four times a second, while it works, whether it is ready and whether every identity holds. */
export class CollectorWatch {
  readonly #collector: RunningCollector;
  readonly #devices: readonly string[];
  readonly #answerMs: number[] = [];
  readonly #failures: string[] = [];
  readonly #watching: Promise<void>;
  #samples = 0;
  #mostDevices = 0;
  #isStopped = false;

  /** @param devices - ids of devices looked at one by one; those that are not known are passed over */
  constructor(collector: RunningCollector, devices: readonly string[]) {
    this.#collector = collector;
    this.#devices = devices;
    this.#watching = this.#watch();
  }

  async stop(): Promise<Watched> {
    this.#isStopped = true;
    await this.#watching;
    const sorted = this.#answerMs.toSorted((a, b) => a - b);
    const quantile = (share: number): number => sorted[Math.floor(share * (sorted.length - 1))] ?? 0;
    return {
      samples: this.#samples,
      failures: this.#failures,
      mostDevices: this.#mostDevices,
      p50Ms: quantile(0.5),
      p99Ms: quantile(0.99),
    };
  }

  async #watch(): Promise<void> {
    while (!this.#isStopped) {
      await this.#sample().catch((error: unknown) => this.#fail(messageOf(error)));
      this.#samples++;
      await sleep(EVERY_MS);
    }
  }

  async #sample(): Promise<void> {
    await this.#get("/readyz");
    const ledger = await this.#get<{ total: LedgerJson }>("/api/v1/ledger");
    assertFleetIdentities(ledger!.total);
    const status = await this.#get<{ devices: number; listeners: ListenerJson[] }>("/api/v1/status");
    this.#mostDevices = Math.max(this.#mostDevices, status!.devices);
    for (const { url, counters } of status!.listeners) this.#checkListener(url, counters);
    const id = this.#devices[this.#samples % this.#devices.length]!;
    const device = await this.#get<{ total: LedgerJson; epochs: LedgerJson[] }>(
      `/api/v1/devices/${id}/ledger`,
      404,
    );
    if (device === null) return;
    assertRunIdentities(device.total, id);
    for (const epoch of device.epochs) assertRunIdentities(epoch, `${id} epoch ${String(epoch.epoch)}`);
  }

  #checkListener(url: string, counters: ListenerJson["counters"]): void {
    const rejected = Object.values(counters.rejected).reduce((sum, count) => sum + count, 0);
    const parts = PARTS.reduce((sum, part) => sum + Number(counters[part]), rejected);
    if (parts !== counters.datagrams) this.#fail(`${url}: ${counters.datagrams} datagrams are not ${parts}`);
  }

  /** @returns null when the status is `passed` */
  async #get<T>(path: string, passed?: number): Promise<T | null> {
    const beganMs = performance.now();
    const response = await fetch(this.#collector.api + path);
    const body = await response.text();
    this.#answerMs.push(performance.now() - beganMs);
    if (response.status === passed) return null;
    if (!response.ok) throw new Error(`${response.status} from ${path}: ${body}`);
    return body.startsWith("{") ? (JSON.parse(body) as T) : null;
  }

  #fail(sentence: string): void {
    if (this.#failures.length < MOST_FAILURES) this.#failures.push(sentence);
  }
}
