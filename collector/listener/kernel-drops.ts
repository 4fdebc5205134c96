import type { NativeSocket } from "../receive/native-socket.ts";
import { type KernelSocket, kernelAddress, ownSocketInodes, readKernelSockets } from "./kernel-sockets.ts";
import { QueuePeak } from "./queue-peak.ts";

/** What the kernel is asked; replaceable in tests. */
export interface KernelTables {
  sockets(family: 4 | 6): KernelSocket[] | null;
  ownInodes(): Set<number>;
}

const HOST_TABLES: KernelTables = { sockets: readKernelSockets, ownInodes: () => ownSocketInodes() };

/** The socket of a listener, just bound. */
export interface BoundSocket {
  family: 4 | 6;
  address: string;
  port: number;
  /** of `inodesBefore`, asked before it was opened */
  known: ReadonlySet<number>;
  /** null when node:dgram made it */
  native: Pick<NativeSocket, "readMemory" | "queuedBytes" | "kernelDrops"> | null;
}

/** A socket and what the kernel last said of it. */
export interface WatchedSocket {
  /** datagrams dropped at it since it was bound; never falls */
  readonly drops: number;
  /** what waits in it, as the kernel charges it to the receive buffer, bytes */
  readonly queuedBytes: number;
  /** the most that `KernelDrops.refresh` found waiting */
  readonly peak: QueuePeak;
  /** Ask the kernel now: one system call of about 2 us on the native path, else its table of sockets is read (about 0.1 ms). */
  refresh(): void;
}

/**
 * Datagrams the kernel dropped at our sockets, by the differences of its counter for each socket: the kernel's counter begins anew with
 * every socket and wraps, ours does neither.
 */
export class KernelDrops {
  readonly #tables: KernelTables;
  readonly #native = new Set<WatchedSocket>();
  /** those that must be looked up in the kernel's tables, by inode */
  readonly #listed = new Map<number, ListedSocket>();

  constructor(tables: KernelTables = HOST_TABLES) {
    this.#tables = tables;
  }

  /** @returns what to ask for its drops, or null when the system does not tell */
  watch(socket: BoundSocket): WatchedSocket | null {
    if (socket.native?.readMemory() !== true) return this.#watchListed(socket);
    const watched = new NativeWatch(socket.native);
    this.#native.add(watched);
    return watched;
  }

  forget(socket: WatchedSocket): void {
    this.#native.delete(socket);
    if (socket instanceof ListedSocket) this.#listed.delete(socket.inode);
  }

  /**
   * Bring every watched socket up to date; the kernel's tables are read at most once.
   * @param heldMs - since the sockets were last known to be empty: what waits came in that time
   * @returns false when a table that is needed cannot be read now (no descriptor is left): what its sockets dropped since is not known
   */
  refresh(heldMs = 0): boolean {
    for (const watched of this.#native) watched.refresh();
    let areRead = true;
    for (const family of [4, 6] as const) {
      const isNeeded = [...this.#listed.values()].some((watched) => watched.family === family);
      if (isNeeded && !this.#readTable(family)) areRead = false;
    }
    for (const { peak, queuedBytes } of this.#native) peak.note(queuedBytes, heldMs);
    for (const { peak, queuedBytes } of this.#listed.values()) peak.note(queuedBytes, heldMs);
    return areRead;
  }

  /** The sockets of this process that are there before one is opened: another one of the same address is none of ours (`BoundSocket.known`). */
  inodesBefore(): ReadonlySet<number> {
    return this.#tables.ownInodes();
  }

  #watchListed({ family, address, port, known }: BoundSocket): WatchedSocket | null {
    const sockets = this.#tables.sockets(family);
    if (sockets === null) return null;
    const own = this.#tables.ownInodes();
    const wanted = kernelAddress(address);
    // sockets of ours, of other threads too, may share address and port: the one that has just come is meant
    const found = sockets.find(
      (socket) =>
        socket.port === port &&
        socket.address === wanted &&
        own.has(socket.inode) &&
        !known.has(socket.inode),
    );
    if (found === undefined) return null;
    const watched = new ListedSocket(found.inode, family, () => void this.#readTable(family));
    this.#listed.set(found.inode, watched);
    return watched;
  }

  /** @returns whether it can be read */
  #readTable(family: 4 | 6): boolean {
    const sockets = this.#tables.sockets(family);
    for (const { inode, drops, queuedBytes } of sockets ?? [])
      this.#listed.get(inode)?.take(drops, queuedBytes);
    return sockets !== null;
  }
}

class NativeWatch implements WatchedSocket {
  drops = 0;
  queuedBytes = 0;
  readonly peak = new QueuePeak();
  readonly #socket: NonNullable<BoundSocket["native"]>;
  #last = 0;

  constructor(socket: NonNullable<BoundSocket["native"]>) {
    this.#socket = socket;
    this.refresh();
  }

  refresh(): void {
    const socket = this.#socket;
    if (!socket.readMemory()) return;
    this.drops += (socket.kernelDrops - this.#last) >>> 0;
    this.#last = socket.kernelDrops;
    this.queuedBytes = socket.queuedBytes;
  }
}

class ListedSocket implements WatchedSocket {
  readonly inode: number;
  readonly family: 4 | 6;
  readonly refresh: () => void;
  drops = 0;
  queuedBytes = 0;
  readonly peak = new QueuePeak();
  #last = 0;

  constructor(inode: number, family: 4 | 6, refresh: () => void) {
    this.inode = inode;
    this.family = family;
    this.refresh = refresh;
  }

  /** @param drops - the kernel's counter, u32 */
  take(drops: number, queuedBytes: number): void {
    this.drops += (drops - this.#last) >>> 0;
    this.#last = drops;
    this.queuedBytes = queuedBytes;
  }
}
