import { hostInterfaces } from "../../common/interfaces.ts";
import type { Listener } from "../listener/listener.ts";
import { type HostView, hostView } from "../listener/lost-interface.ts";
import { SilenceWatch } from "../listener/silence-watch.ts";
import type { ListenerCounters } from "../status/counters.ts";

/** How often listeners are compared with the host. */
const LOOK_MS = 1000;

export interface ListenerWatchOptions {
  /** those of this worker; the others are never opened here */
  listeners: readonly Listener[];
  /** their sockets of single addresses, as many as there are by then */
  shares: readonly Listener[];
  /** of each listener */
  counters: readonly Pick<ListenerCounters, "lastDatagramAtUs">[];
  nowMs: number;
  /** a group that has a bound for its silence fell silent, or is heard again */
  onSilence(listener: Listener, kind: "group-silent" | "group-heard"): void;
  /** null = it does not tell now; the real one unless a test brings its own */
  host?(): HostView | null;
}

const realHost = (): HostView | null => {
  const interfaces = hostInterfaces();
  return interfaces === null ? null : hostView(interfaces);
};

/** Looks once a second whether the listeners still have their interfaces and memberships, and whether their groups are heard. */
export class ListenerWatch {
  readonly #options: ListenerWatchOptions;
  readonly #silences: readonly (SilenceWatch | null)[];
  #nextMs: number;

  constructor(options: ListenerWatchOptions) {
    this.#options = options;
    this.#nextMs = options.nowMs + LOOK_MS;
    this.#silences = options.listeners.map(({ config: { silenceMs } }) =>
      silenceMs === null ? null : new SilenceWatch(silenceMs),
    );
  }

  /** Call as often as you like. @param nowMs - monotonic */
  tick(nowMs: number): void {
    if (nowMs < this.#nextMs) return;
    this.#nextMs = nowMs + LOOK_MS;
    const { listeners, shares, counters, onSilence } = this.#options;
    const host = (this.#options.host ?? realHost)();
    if (host !== null) for (const share of shares) share.check(host);
    for (const [index, listener] of listeners.entries()) {
      if (host !== null) listener.check(host);
      const mark = counters[index]!.lastDatagramAtUs;
      const news = this.#silences[index]?.look(mark, listener.state === "OK", nowMs) ?? null;
      if (news !== null) onSilence(listener, news === "silent" ? "group-silent" : "group-heard");
    }
  }
}
