import type { Exchange } from "../handover/exchange.ts";
import type { KernelDrops } from "../listener/kernel-drops.ts";
import type { Listener } from "../listener/listener.ts";
import type { ListenerCounters } from "../status/counters.ts";

/** the drop counters are read this often when nothing is missing and reading them is not cheap */
const IDLE_READ_MS = 1000;
/** The monotonic clock stands still while the host sleeps: the wall clock is ahead of it by so much more then, or it was set. */
const SLEPT_MS = 1000;

export interface DropReadingsOptions {
  kernelDrops: KernelDrops;
  /** all; those of other workers are not open here */
  listeners: readonly Listener[];
  /** further sockets of theirs, at this worker */
  shares: readonly Listener[];
  counters: readonly Pick<ListenerCounters, "undecoded">[];
  /** of each listener: whether this worker opens it */
  isHome(listener: number): boolean;
  /** to the other workers; null = there are none */
  exchange: Pick<Exchange, "shed" | "missedElsewhere"> | null;
  /** reading a counter is a system call, not a look into the kernel's tables */
  isCheap: boolean;
}

/** Reads what the kernel dropped at the sockets of the listeners, as evidence for causes (R14). */
export class DropReadings {
  readonly #options: DropReadingsOptions;
  readonly #drops: (number | null)[] = [];
  #readAtMs = Number.NEGATIVE_INFINITY;
  /** how far the wall clock was ahead of the monotonic one at the last reading; Infinity = there was none */
  #aheadMs = Number.POSITIVE_INFINITY;

  constructor(options: DropReadingsOptions) {
    this.#options = options;
  }

  /**
   * With several workers, before the others are told how far the sockets were read: what of each listener may never have reached its owner
   * from here - drops of this worker's sockets, what it could not decode, what it had no room to hand over.
   * @param heldMs - as for `KernelDrops.refresh`
   * @returns null = not known
   */
  readMissed(heldMs: number): (number | null)[] | null {
    const { exchange, counters, isCheap } = this.#options;
    // the kernel's tables would have to be read by every worker, every time
    if (exchange === null || !isCheap) return null;
    this.#readOwn(heldMs);
    return this.#drops.map((drops, index) => {
      return drops === null ? null : drops + counters[index]!.undecoded + exchange.shed;
    });
  }

  /**
   * Just before a tick.
   * @param heldMs - as for `KernelDrops.refresh`
   * @param openGaps - something may be lost
   * @returns drops so far by listener, over all workers, with what the others missed besides; null = not read this time. Of a host that may have
   *   slept since the last reading none tells what was lost
   */
  read(
    nowMs: number,
    wallUs: number,
    heldMs: number,
    drainedAtMs: number,
    openGaps: number,
  ): readonly (number | null)[] | null {
    const drops = this.#read(nowMs, heldMs, drainedAtMs, openGaps);
    if (drops === null) return null;
    const aheadMs = wallUs / 1000 - nowMs;
    const hasSlept = aheadMs - this.#aheadMs > SLEPT_MS;
    this.#aheadMs = aheadMs;
    return hasSlept ? drops.map(() => null) : drops;
  }

  #read(
    nowMs: number,
    heldMs: number,
    drainedAtMs: number,
    openGaps: number,
  ): readonly (number | null)[] | null {
    const { exchange, isCheap } = this.#options;
    if (exchange !== null) {
      // read by `readMissed`
      if (!isCheap) return null;
      return this.#drops.map((own, listener) => {
        const elsewhere = exchange.missedElsewhere(listener, drainedAtMs);
        return own === null || elsewhere === null ? null : own + elsewhere;
      });
    }
    if (!isCheap && openGaps === 0 && nowMs - this.#readAtMs < IDLE_READ_MS) return null;
    this.#readAtMs = nowMs;
    this.#readOwn(heldMs);
    return this.#drops;
  }

  /** @param heldMs - as for `KernelDrops.refresh` */
  #readOwn(heldMs: number): void {
    const { kernelDrops, listeners, shares, isHome } = this.#options;
    if (!kernelDrops.refresh(heldMs)) {
      for (const index of listeners.keys()) this.#drops[index] = null;
      return;
    }
    for (const [index, listener] of listeners.entries()) {
      const ofHome = listener.state === "OK" ? listener.kernelDrops : null;
      this.#drops[index] = isHome(index) ? ofHome : 0;
    }
    for (const { index, state, kernelDrops: drops } of shares) {
      // one that could not be opened (an IPv6 address that another host has too is listed, and cannot be bound): the listener's own socket hears it
      if (state === "UNAVAILABLE" && drops === null) continue;
      const sum = this.#drops[index]!;
      this.#drops[index] = sum === null || drops === null ? null : sum + drops;
    }
  }
}
