import { networkInterfaces } from "node:os";
import type { Clock } from "../../common/clock.ts";
import { codeOf, LacunaError, messageOf } from "../../common/errors.ts";
import { findInterface, hostInterfaces } from "../../common/interfaces.ts";
import { entryOf } from "../receive/entry.ts";
import type { NativeSocket, NativeSockets } from "../receive/native-socket.ts";
import type { Receiver } from "../receive/receiver.ts";
import type { KernelDrops, WatchedSocket } from "./kernel-drops.ts";
import type { ListenerSocketStatus, ListenerState } from "./listener-status.ts";
import type { ListenerConfig } from "./listener-url.ts";
import {
  type Footing,
  footingOf,
  type HostView,
  hostView,
  isTiedToInterface,
  lossOf,
} from "./lost-interface.ts";
import { type OpenedSocket, openSocket } from "./open-socket.ts";
import type { ReceiveBuffer } from "./receive-buffer.ts";
import type { Sharing } from "./sharing.ts";

/** How often the socket of an optional listener that is UNAVAILABLE is tried again. */
export const RETRY_MS = 5000;
/** … and of one whose interface or membership went away. */
export const REJOIN_MS = 1000;

/** What a listener needs of its surroundings. */
export interface ListenerSurroundings {
  clock: Clock;
  receiver: Receiver;
  /** makes the sockets; null = node:dgram does */
  sockets: NativeSockets | null;
  kernelDrops: KernelDrops;
  /** with sockets of other ingest workers, asked before each attempt: an address may have come to the host meanwhile; default none */
  sharing?(): Sharing;
  /** the wildcard socket whose port its own is to share, asked in the same way; default none */
  beside?(): NativeSocket | null;
  /** after every change of state or reason */
  onChange(listener: Listener): void;
  /** opens the socket; the real one unless a test brings its own */
  open?(config: ListenerConfig, sharing: Sharing): Promise<OpenedSocket>;
  /** what the host says of itself; the real one unless a test brings its own */
  host?(): HostView;
}

/** One listener: its socket, its state, and its attempts to come up. */
export class Listener {
  readonly index: number;
  readonly config: ListenerConfig;
  /** number of the address of this host that its socket is for (entry.ts); 0 = it is the listener's own */
  readonly local: number;
  readonly #around: ListenerSurroundings;
  #state: ListenerState = "UNAVAILABLE";
  #reason = "not started yet";
  #sinceUs: number;
  #opened: OpenedSocket | null = null;
  #watched: WatchedSocket | null = null;
  /** drops of sockets closed meanwhile; null while none told */
  #formerDrops: number | null = null;
  #retry: NodeJS.Timeout | null = null;
  /** what its socket stands on; null while there is none */
  #footing: Footing | null = null;
  #isStopped = false;

  constructor(index: number, config: ListenerConfig, around: ListenerSurroundings, local = 0) {
    this.index = index;
    this.config = config;
    this.local = local;
    this.#around = around;
    this.#sinceUs = around.clock.wallUs();
  }

  get state(): ListenerState {
    return this.#state;
  }

  get reason(): string {
    return this.#reason;
  }

  /** The socket, while it is open and of the native path. */
  get native(): NativeSocket | null {
    return this.#opened?.native ?? null;
  }

  /** What was granted as receive buffer; null while there is no socket. */
  get buffer(): ReceiveBuffer | null {
    return this.#opened?.buffer ?? null;
  }

  /**
   * Bind and join. An optional listener that cannot is UNAVAILABLE and tries again every `RETRY_MS`.
   * @returns the error of a listener that is not optional, else null
   */
  async start(): Promise<LacunaError | null> {
    if (!this.config.enabled) {
      this.#become("DISABLED", "disabled by enabled=false");
      return null;
    }
    const error = await this.#tryOpen();
    if (error === null) return null;
    this.#become("UNAVAILABLE", error.message);
    if (!this.config.optional) return error;
    if (!this.#isStopped) this.#retry = setTimeout(() => void this.start(), RETRY_MS);
    return null;
  }

  /** Close the socket and try no more. What the kernel still holds for it is lost: drain first. */
  stop(): void {
    this.#isStopped = true;
    if (this.#retry !== null) clearTimeout(this.#retry);
    this.#retry = null;
    this.#close();
  }

  /**
   * Compare what the socket stands on with the host as it is now. A listener that lost its interface or its membership becomes UNAVAILABLE; its
   * socket is read empty and closed, and every `REJOIN_MS` a new one is tried, optional or not. The socket of an address goes on: the address
   * may come back to it.
   */
  check(host: HostView): void {
    if (this.#opened === null || this.#footing === null) return;
    const loss = lossOf(this.config, this.#footing, host);
    if (loss === null) {
      this.#become("OK", this.#describeOpened(this.#opened));
      return;
    }
    this.#become("UNAVAILABLE", loss);
    if (isTiedToInterface(this.config)) void this.#replace(this.#opened);
  }

  /**
   * Send a datagram from the listener's socket. A socket bound to a group sends from the address of its interface.
   * @param bytes - the system's until it has left
   * @returns false when there is no socket
   */
  send(bytes: Uint8Array, address: string, port: number, onRefused: (error: Error) => void): boolean {
    if (this.#opened === null) return false;
    this.#opened.socket.send(bytes, port, address, (error) => {
      if (error !== null) onRefused(error);
    });
    return true;
  }

  status(): ListenerSocketStatus {
    const { config } = this;
    return {
      url: config.url,
      state: this.#state,
      reason: this.#reason,
      sinceUs: this.#sinceUs,
      optional: config.optional,
      kind: config.kind,
      format: config.format,
      recovery: config.recovery,
      address: this.#opened?.address ?? config.address,
      port: this.#opened?.port ?? config.port,
      ownSockets: this.local !== 0 && this.#state === "OK" ? [config.address] : [],
      group: config.kind === "group" ? config.address : null,
      source: config.source,
      interface: this.#opened?.interface?.name ?? config.interface,
      path: config.path,
      receive: this.#around.receiver.path,
      receiveBufferRequestedBytes: config.receiveBufferBytes,
      receiveBufferGrantedBytes: this.#opened?.buffer.grantedBytes ?? null,
      receiveBufferCeilingBytes: this.#opened?.buffer.ceilingBytes ?? null,
      kernelDrops: this.kernelDrops,
      // Linux counts twice the payload here as in the buffer (socket(7), SO_RCVBUF), and only Linux tells
      receiveQueueBytes: this.#watched === null ? null : Math.ceil(this.#watched.queuedBytes / 2),
      receiveQueuePeakBytes: Math.ceil((this.#watched?.peak.bytes ?? 0) / 2),
      receiveQueuePeakMs: this.#watched?.peak.heldMs ?? 0,
    };
  }

  /** Datagrams the kernel dropped at its sockets since the start, as of the last `KernelDrops.refresh`; null = the system does not tell */
  get kernelDrops(): number | null {
    return this.#watched === null ? this.#formerDrops : (this.#formerDrops ?? 0) + this.#watched.drops;
  }

  /** The port stays, also one the system chose. */
  async #replace({ port }: OpenedSocket): Promise<void> {
    this.#footing = null;
    await this.#around.receiver.drain();
    if (this.#isStopped || this.#state === "FAILED") return;
    this.#close();
    this.#rejoinSoon(port);
  }

  #rejoinSoon(port: number): void {
    if (this.#isStopped) return;
    this.#retry = setTimeout(async () => {
      const isAway = this.#isInterfaceAway();
      const error = await this.#tryOpen(port);
      if (error === null || this.#isStopped) return;
      // that it is away stays the reason while it is; then it is what keeps the socket from being opened
      if (!isAway) this.#become("UNAVAILABLE", error.message);
      this.#rejoinSoon(port);
    }, REJOIN_MS);
  }

  /** Also where the system does not tell. */
  #isInterfaceAway(): boolean {
    const { interface: name, family } = this.config;
    const interfaces = this.#around.host?.().interfaces ?? hostInterfaces();
    return interfaces === null || (name !== null && "missing" in findInterface(name, family, interfaces));
  }

  async #tryOpen(port = this.config.port): Promise<LacunaError | null> {
    try {
      const known = this.#around.kernelDrops.inodesBefore();
      // before there is a socket, which would be nobody's if this failed
      const host = this.#host();
      const opened = await this.#open({ ...this.config, port }, this.#around.sharing?.() ?? "none");
      if (this.#isStopped) opened.socket.close();
      else this.#use(opened, known, host);
      return null;
    } catch (error) {
      if (error instanceof LacunaError) return error;
      const text = `${this.config.url}: ${messageOf(error)}`;
      return new LacunaError(codeOf(error) ?? "ERR_LISTENER_BIND", text, { cause: error });
    }
  }

  #open(config: ListenerConfig, sharing: Sharing): Promise<OpenedSocket> {
    const { open, sockets, beside } = this.#around;
    if (open !== undefined) return open(config, sharing);
    return openSocket(config, {
      interfaces: networkInterfaces(),
      sockets,
      sharing,
      beside: beside?.() ?? null,
    });
  }

  #use(opened: OpenedSocket, known: ReadonlySet<number>, host: HostView): void {
    this.#opened = opened;
    this.#footing = footingOf(this.config, opened.interface?.name ?? null, host);
    // an error event without a handler would end the process
    opened.socket.on("error", (error) => this.#fail(error));
    this.#watched = this.#around.kernelDrops.watch({ ...opened, family: this.config.family, known });
    this.#around.receiver.attach(entryOf(this.index, this.local), opened.socket, opened.native);
    this.#become("OK", this.#describeOpened(opened));
  }

  #host(): HostView {
    return this.#around.host?.() ?? hostView(networkInterfaces());
  }

  #describeOpened({ address, port, interface: on }: OpenedSocket): string {
    const bound = `bound to ${this.config.family === 6 ? `[${address}]` : address}:${port}`;
    if (this.config.kind !== "group") return bound;
    return on === null
      ? `${bound}, joined on the interface the system chose`
      : `${bound}, joined on ${on.name} (${on.address})`;
  }

  #fail(error: Error): void {
    this.#close();
    this.#become("FAILED", `the socket broke: ${error.message}`);
  }

  #close(): void {
    const opened = this.#opened;
    if (opened === null) return;
    // before it is detached: from then on its descriptor is not used
    this.#watched?.refresh();
    this.#formerDrops = this.kernelDrops;
    if (this.#watched !== null) this.#around.kernelDrops.forget(this.#watched);
    this.#around.receiver.detach(opened.socket);
    this.#opened = null;
    this.#footing = null;
    this.#watched = null;
    opened.socket.close();
  }

  #become(state: ListenerState, reason: string): void {
    if (state === this.#state && reason === this.#reason) return;
    if (state !== this.#state) this.#sinceUs = this.#around.clock.wallUs();
    this.#state = state;
    this.#reason = reason;
    this.#around.onChange(this);
  }
}
