import { type KernelSocket, kernelAddress, ownSocketInodes, readKernelSockets } from "./kernel-sockets.ts";

/** What the kernel is asked; replaceable in tests. */
export interface KernelTables {
  sockets(family: 4 | 6): KernelSocket[] | null;
  ownInodes(): Set<number>;
}

const HOST_TABLES: KernelTables = { sockets: readKernelSockets, ownInodes: () => ownSocketInodes() };

/**
 * Datagrams the kernel dropped at our sockets, by the differences of its counter for each socket: the kernel's counter begins anew with
 * every socket, ours never falls.
 */
export class KernelDrops {
  readonly #tables: KernelTables;
  /** by inode of the socket */
  readonly #watched = new Map<number, WatchedSocket>();

  constructor(tables: KernelTables = HOST_TABLES) {
    this.#tables = tables;
  }

  /**
   * Watch a socket of this process just bound to the address and port.
   * @returns what to ask for its drops, or null when the system does not tell
   */
  watch(family: 4 | 6, address: string, port: number): WatchedSocket | null {
    const sockets = this.#tables.sockets(family);
    if (sockets === null) return null;
    const own = this.#tables.ownInodes();
    const wanted = kernelAddress(address);
    // several sockets of ours may share group and port: each was watched when it was opened, so the one not yet watched is meant
    const found = sockets.find(
      (socket) =>
        socket.port === port &&
        socket.address === wanted &&
        own.has(socket.inode) &&
        !this.#watched.has(socket.inode),
    );
    if (found === undefined) return null;
    const watched: WatchedSocket = { inode: found.inode, family, drops: 0, last: 0 };
    this.#watched.set(found.inode, watched);
    return watched;
  }

  forget(socket: WatchedSocket): void {
    this.#watched.delete(socket.inode);
  }

  /** Read the kernel's tables once and bring `drops` of every watched socket up to date. */
  refresh(): void {
    for (const family of [4, 6] as const) {
      if (![...this.#watched.values()].some((watched) => watched.family === family)) continue;
      for (const { inode, drops } of this.#tables.sockets(family) ?? []) {
        const watched = this.#watched.get(inode);
        if (watched === undefined) continue;
        watched.drops += (drops - watched.last) >>> 0;
        watched.last = drops;
      }
    }
  }
}

export interface WatchedSocket {
  readonly inode: number;
  readonly family: 4 | 6;
  /** dropped since the socket is watched */
  drops: number;
  /** the kernel's counter when last read, u32 */
  last: number;
}
