import type { Socket } from "node:dgram";
import type { Sharing } from "../listener/sharing.ts";
import * as sockaddrModule from "./sockaddr.ts";
import { encodeSockaddr, SourceAddresses, sockaddrPort } from "./sockaddr.ts";
import * as systemCalls from "./system-calls.ts";
import { loadSystemCalls, SystemCallError, type SystemCalls } from "./system-calls.ts";

// as locals these become part of the code (docs/decisions/0012-local-constants.md)
const { ADDRESS_FAMILY, SOCKADDR_BYTES } = sockaddrModule;
const { FILTER_PROGRAM, IOVEC, MESSAGE } = systemCalls;

/*
 * Everything that touches memory or descriptors outside JavaScript's care is in this file. What keeps it safe:
 *
 * 1. The kernel finds memory through pointers we wrote in two places: of `DatagramBatch` the message headers point to the I/O vectors, the
 *    names and the slots, the I/O vectors to the slots; and `shut` points to `TAKE_NOTHING`. All five are made once with
 *    `Buffer.allocUnsafeSlow`: each has an ArrayBuffer of its own outside the JavaScript heap (only arrays of up to 64 bytes lie inside), which
 *    the garbage collector never moves.
 * 2. They are fields of the batch or of this module, none leaves it but as a view, and nothing transfers, resizes or detaches an ArrayBuffer of theirs: as long
 *    as somebody can call `read` the memory is there. A view that outlives the batch keeps its own memory alive.
 * 3. The kernel uses a pointer only during a call. Every call here is synchronous and (MSG_DONTWAIT) returns at once, so no call is under
 *    way when a batch is collected, a socket closes or the thread ends. Memory handed over as an argument (a sockaddr, an option's value) is
 *    held by the caller's frame for as long.
 * 4. A header is written once and for all: a read leaves pointers and sizes as they are, and the length of a name comes back as it went in
 *    because a batch serves sockets of one family, whose names are all equally long. Lengths are checked by the kernel: what is longer than a
 *    slot is cut, and no UDP payload is (65,527 bytes at most).
 * 5. A descriptor has one owner. Until `surrender` it is the `NativeSocket`; after it the dgram socket that was given it and that closes
 *    it. `release` makes the number unusable here before that: the system gives closed numbers out again.
 * 6. On close nothing is left to undo: the kernel holds no pointer (3), the batch belongs to the receiver and serves the sockets that are left,
 *    and a call that comes too late meets descriptor -1, which the kernel refuses (EBADF).
 * 7. The structures are those of 64-bit little-endian Linux. system-calls.ts says where they are written down, and compares them with what the C
 *    types of this machine make of them before it lets anybody call: where they differ, datagrams come through node:dgram.
 */

/** datagrams one system call reads at most */
export const BATCH_DATAGRAMS = 128;
const LARGEST_DATAGRAM_BYTES = 65_536;
/** a stride that is no power of two: else the first lines of all slots would share a few sets of the processor's caches */
const SLOT_BYTES = LARGEST_DATAGRAM_BYTES + 192;
const NAME_BYTES = 32;

// bits/socket.h and asm-generic/socket.h, the same on x86-64 and arm64
const SOCK_DGRAM = 2;
const SOCK_NONBLOCK = 0o4000;
const SOCK_CLOEXEC = 0o2_000_000;
const SOL_SOCKET = 1;
const SO_REUSEADDR = 2;
const SO_RCVBUF = 8;
const SO_BINDTODEVICE = 25;
const SO_ATTACH_FILTER = 26;
const SO_DETACH_FILTER = 27;
const SO_REUSEPORT = 15;
const SO_RCVBUFFORCE = 33;
const SO_MEMINFO = 55;
const IPPROTO_IPV6 = 41;
const IPV6_V6ONLY = 26;
/** level and option: no groups but those the socket itself joined, on the interface it joined them on (ip(7); IPv6 since Linux 4.20) */
const MULTICAST_ALL = { 4: [0, 49], 6: [IPPROTO_IPV6, 29] } as const;
const IPPROTO_IP = 0;
/** bits/in.h, the same for both families */
const MCAST_JOIN_GROUP = 42;
const MCAST_JOIN_SOURCE_GROUP = 46;
/**
 * struct group_source_req (bits/in.h): the interface's index u32 at 0, then group and source, a struct sockaddr_storage each. Without the source it
 * is a struct group_req.
 */
const GROUP_REQUEST = { GROUP: 8, SOURCE: 136, BYTES: 136, BYTES_WITH_SOURCE: 264 } as const;
const MSG_DONTWAIT = 0x40;
/** bytes of what SO_MEMINFO answers, u32 each, and where in it (linux/sock_diag.h) */
const MEMINFO = { RECEIVE_QUEUE: 0, RECEIVE_BUFFER: 4, DROPS: 32, BYTES: 36 } as const;
/** A filter of one instruction, BPF_RET | BPF_K: of each datagram 0 bytes are taken (linux/filter.h). */
const TAKE_NOTHING = Buffer.allocUnsafeSlow(128).fill(0);
TAKE_NOTHING[0] = 0x06;
const EINTR = 4;
const EAGAIN = 11;

/**
 * The way to sockets outside node:dgram.
 * @returns it, or the reason why it cannot be had here
 */
export const loadNativeSockets = async (): Promise<NativeSockets | { missing: string }> => {
  const calls = await loadSystemCalls();
  return "missing" in calls ? calls : new NativeSockets(calls);
};

/** Where a socket is bound to. */
export interface BindPlace {
  family: 4 | 6;
  address: string;
  port: number;
  /** name of the interface of a link-local address; null = none */
  scope: string | null;
  /** name of the only interface to hear and send by; null = any */
  device?: string | null;
  /** others may bind the same address: groups only */
  isShared: boolean;
  /** sockets of ours may */
  sharing?: Sharing;
  /** socket of the wildcard address and that port, which lets this one in and nobody after it; null = there is none */
  beside?: NativeSocket | null;
}

/** Makes sockets and the batches they are read into. */
export class NativeSockets {
  readonly #calls: SystemCalls;

  constructor(calls: SystemCalls) {
    this.#calls = calls;
  }

  /**
   * A bound, non-blocking UDP socket. An IPv6 one hears IPv6 only.
   * @param owner - closes it from the call on, also when that throws; default the caller, until `surrender`
   * @throws SystemCallError
   */
  open(place: BindPlace, owner?: Socket): NativeSocket {
    const calls = this.#calls;
    const fd = calls.socket(ADDRESS_FAMILY[place.family], SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd < 0) throw new SystemCallError("socket", calls.errno());
    const socket = new NativeSocket(calls, fd, place.family, place.isShared);
    try {
      if (place.isShared) socket.setOption("SO_REUSEADDR", SOL_SOCKET, SO_REUSEADDR, 1);
      if (place.sharing === "join") socket.setOption("SO_REUSEPORT", SOL_SOCKET, SO_REUSEPORT, 1);
      if (place.family === 6) socket.setOption("IPV6_V6ONLY", IPPROTO_IPV6, IPV6_V6ONLY, 1);
      this.#refuseForeignGroups(socket);
      const { device } = place;
      if (device != null)
        socket.setOption("SO_BINDTODEVICE", SOL_SOCKET, SO_BINDTODEVICE, Buffer.from(device));
      if (owner !== undefined) socket.surrender(owner);
      const scope = place.scope === null ? 0 : calls.if_nametoindex(place.scope);
      const address = encodeSockaddr(place.family, place.address, place.port, scope);
      this.#bind(socket, address, place.beside ?? null);
      if (place.sharing === "first") socket.setOption("SO_REUSEPORT", SOL_SOCKET, SO_REUSEPORT, 1);
    } catch (error) {
      socket.close();
      throw error;
    }
    return socket;
  }

  /**
   * Two that bind beside each other share the port as long as that takes, and no longer. By SO_REUSEPORT, which lets in nobody but the same user: with SO_REUSEADDR whoever
   * tries all the time gets in between.
   */
  #bind(socket: NativeSocket, address: Buffer, beside: NativeSocket | null): void {
    const pair = beside === null ? [] : [socket, beside];
    for (const one of pair) one.setOption("SO_REUSEPORT", SOL_SOCKET, SO_REUSEPORT, 1);
    const isBound = this.#calls.bind(socket.fd, address, address.length) === 0;
    const error = isBound ? null : new SystemCallError("bind", this.#calls.errno());
    for (const one of pair) one.setOption("SO_REUSEPORT", SOL_SOCKET, SO_REUSEPORT, 0);
    if (error !== null) throw error;
  }

  /** Other programs' groups are not for us; where the system is too old to keep them away it stays as it was. */
  #refuseForeignGroups({ fd, family }: NativeSocket): void {
    const no = intBytes(0);
    const [level, option] = MULTICAST_ALL[family];
    this.#calls.setsockopt(fd, level, option, no, no.length);
  }

  /** Room for one read of sockets of that family. 8 MiB of address space; memory is used only as far as datagrams reach. */
  createBatch(family: 4 | 6): DatagramBatch {
    return new DatagramBatch(this.#calls, family);
  }
}

/** A socket made here. Its descriptor is closed by `close`, or by the dgram socket it was surrendered to. */
export class NativeSocket {
  readonly family: 4 | 6;
  readonly #calls: SystemCalls;
  readonly #isShared: boolean;
  /** -1 = no longer to be used */
  #fd: number;
  #isOwner = true;
  readonly #memory = Buffer.allocUnsafeSlow(128);
  readonly #memoryBytes = intBytes(0);

  /** Use `NativeSockets.open`. */
  constructor(calls: SystemCalls, fd: number, family: 4 | 6, isShared: boolean) {
    this.#calls = calls;
    this.#fd = fd;
    this.family = family;
    this.#isShared = isShared;
  }

  /** -1 once released. */
  get fd(): number {
    return this.#fd;
  }

  /**
   * Hand the descriptor, which is not bound yet, over to a dgram socket, which closes it from now on. Reading and options still work here until `release`.
   */
  surrender(socket: Socket): void {
    // before the call: a descriptor that leaks when it throws is better than one closed twice
    this.#isOwner = false;
    socket.bind({ fd: this.#fd });
    // libuv allows address reuse on descriptors it is given (uv_udp_open): once it is bound others could bind what must be ours alone
    if (!this.#isShared) this.setOption("SO_REUSEADDR", SOL_SOCKET, SO_REUSEADDR, 0);
  }

  /** Use the descriptor no more: its owner is about to close it. */
  release(): void {
    this.#fd = -1;
  }

  close(): void {
    if (this.#isOwner && this.#fd >= 0) this.#calls.close(this.#fd);
    this.#fd = -1;
  }

  /**
   * Join a group on the interface of that name. By its index: IPv4 addresses, by which node:dgram joins, may be on several interfaces.
   * @param source - the only sender to hear; null = any
   * @throws SystemCallError
   */
  join(group: string, interfaceName: string, source: string | null): void {
    const { GROUP, SOURCE, BYTES, BYTES_WITH_SOURCE } = GROUP_REQUEST;
    const request = Buffer.alloc(source === null ? BYTES : BYTES_WITH_SOURCE);
    const index = this.#calls.if_nametoindex(interfaceName);
    // with 0 the system would choose
    if (index === 0) throw new SystemCallError("if_nametoindex", this.#calls.errno());
    request.writeUInt32LE(index, 0);
    request.set(encodeSockaddr(this.family, group, 0, 0), GROUP);
    if (source !== null) request.set(encodeSockaddr(this.family, source, 0, 0), SOURCE);
    const level = this.family === 4 ? IPPROTO_IP : IPPROTO_IPV6;
    if (source === null) this.setOption("MCAST_JOIN_GROUP", level, MCAST_JOIN_GROUP, request);
    else this.setOption("MCAST_JOIN_SOURCE_GROUP", level, MCAST_JOIN_SOURCE_GROUP, request);
  }

  /** Ask for a receive buffer: beyond the ceiling with CAP_NET_ADMIN, else as far as it goes. */
  setRecvBufferSize(bytes: number): void {
    const value = intBytes(bytes);
    const { setsockopt } = this.#calls;
    if (setsockopt(this.#fd, SOL_SOCKET, SO_RCVBUFFORCE, value, value.length) === 0) return;
    this.setOption("SO_RCVBUF", SOL_SOCKET, SO_RCVBUF, bytes);
  }

  /** As the kernel reports it: twice the payload. */
  getRecvBufferSize(): number {
    const value = intBytes(0);
    if (this.#calls.getsockopt(this.#fd, SOL_SOCKET, SO_RCVBUF, value, intBytes(value.length)) < 0) {
      throw new SystemCallError("getsockopt SO_RCVBUF", this.#calls.errno());
    }
    return value.readInt32LE();
  }

  /**
   * Ask the kernel what it knows of the receive side (SO_MEMINFO, Linux 4.12): one call of about 2 us, at any moment.
   * @returns false when it does not tell (an older kernel, a socket released); else `queuedBytes` and `kernelDrops` are as of now
   */
  readMemory(): boolean {
    this.#memoryBytes.writeInt32LE(MEMINFO.BYTES);
    const { getsockopt } = this.#calls;
    if (getsockopt(this.#fd, SOL_SOCKET, SO_MEMINFO, this.#memory, this.#memoryBytes) < 0) return false;
    return this.#memoryBytes.readInt32LE() >= MEMINFO.BYTES;
  }

  /** What waited at the last `readMemory`, as the kernel charges it to the buffer; up to a quarter of the buffer of it may have been read just now. */
  get queuedBytes(): number {
    return this.#memory.readUInt32LE(MEMINFO.RECEIVE_QUEUE);
  }

  /** The receive buffer at the last `readMemory`, charged in the same way. */
  get bufferBytes(): number {
    return this.#memory.readUInt32LE(MEMINFO.RECEIVE_BUFFER);
  }

  /** Datagrams the kernel had dropped at this socket at the last `readMemory`: counted since it was made, u32. */
  get kernelDrops(): number {
    return this.#memory.readUInt32LE(MEMINFO.DROPS);
  }

  /**
   * What arrives from now on is dropped, and counted by the kernel as everything it drops; what waits stays.
   * @returns whether the system lets it be done
   */
  shut(): boolean {
    const program = Buffer.alloc(FILTER_PROGRAM.BYTES);
    program.writeUInt16LE(1, FILTER_PROGRAM.COUNT);
    program.writeBigUInt64LE(this.#calls.address(TAKE_NOTHING), FILTER_PROGRAM.FILTER);
    return this.#calls.setsockopt(this.#fd, SOL_SOCKET, SO_ATTACH_FILTER, program, program.length) === 0;
  }

  /** What arrives is taken again. @throws SystemCallError */
  reopen(): void {
    this.setOption("SO_DETACH_FILTER", SOL_SOCKET, SO_DETACH_FILTER, 0);
  }

  /** @throws SystemCallError */
  setOption(name: string, level: number, option: number, value: number | Buffer): void {
    const bytes = typeof value === "number" ? intBytes(value) : value;
    if (this.#calls.setsockopt(this.#fd, level, option, bytes, bytes.length) < 0) {
      throw new SystemCallError(`setsockopt ${name}`, this.#calls.errno());
    }
  }
}

const intBytes = (value: number): Buffer => {
  const bytes = Buffer.alloc(4);
  bytes.writeInt32LE(value);
  return bytes;
};

/** Memory for the datagrams of one read, used again for the next. */
export class DatagramBatch {
  /** the datagrams: number `index` begins at `offsetOf(index)` in both views */
  readonly bytes: Uint8Array;
  readonly view: DataView;
  readonly #calls: SystemCalls;
  readonly #family: 4 | 6;
  readonly #slots = Buffer.allocUnsafeSlow(BATCH_DATAGRAMS * SLOT_BYTES);
  readonly #names = Buffer.allocUnsafeSlow(BATCH_DATAGRAMS * NAME_BYTES).fill(0);
  readonly #iovecs = Buffer.allocUnsafeSlow(BATCH_DATAGRAMS * IOVEC.BYTES).fill(0);
  readonly #headers = Buffer.allocUnsafeSlow(BATCH_DATAGRAMS * MESSAGE.BYTES).fill(0);
  readonly #nameView: DataView;
  readonly #headerView: DataView;
  readonly #addresses: SourceAddresses;

  /** Use `NativeSockets.createBatch`. */
  constructor(calls: SystemCalls, family: 4 | 6) {
    this.#calls = calls;
    this.#family = family;
    const { buffer, byteOffset, byteLength } = this.#slots;
    // a plain array as all other senders of datagrams have: decoding is compiled for one kind of them
    this.bytes = new Uint8Array(buffer, byteOffset, byteLength);
    this.view = viewOf(this.#slots);
    this.#nameView = viewOf(this.#names);
    this.#headerView = viewOf(this.#headers);
    this.#addresses = new SourceAddresses((index) => this.#interfaceName(index));
    this.#writePointers();
  }

  /**
   * Read what is there, without waiting.
   * @returns how many datagrams; fewer than `BATCH_DATAGRAMS` mean that the socket was read empty
   * @throws SystemCallError when the socket cannot be read
   */
  read(socket: NativeSocket): number {
    for (;;) {
      const count = this.#calls.recvmmsg(socket.fd, this.#headers, BATCH_DATAGRAMS, MSG_DONTWAIT, null);
      if (count >= 0) return count;
      const errno = this.#calls.errno();
      if (errno === EAGAIN) return 0;
      if (errno !== EINTR) throw new SystemCallError("recvmmsg", errno);
    }
  }

  offsetOf(index: number): number {
    return index * SLOT_BYTES;
  }

  lengthOf(index: number): number {
    return this.#headerView.getUint32(index * MESSAGE.BYTES + MESSAGE.LENGTH, true);
  }

  addressOf(index: number): string {
    return this.#addresses.text(this.#family, this.#nameView, index * NAME_BYTES);
  }

  portOf(index: number): number {
    return sockaddrPort(this.#nameView, index * NAME_BYTES);
  }

  #writePointers(): void {
    const slots = this.#calls.address(this.#slots);
    const names = this.#calls.address(this.#names);
    const iovecs = this.#calls.address(this.#iovecs);
    for (let index = 0; index < BATCH_DATAGRAMS; index++) {
      const iovec = index * IOVEC.BYTES;
      this.#iovecs.writeBigUInt64LE(slots + BigInt(index * SLOT_BYTES), iovec + IOVEC.BASE);
      this.#iovecs.writeBigUInt64LE(BigInt(LARGEST_DATAGRAM_BYTES), iovec + IOVEC.LENGTH);
      const header = index * MESSAGE.BYTES;
      this.#headers.writeBigUInt64LE(names + BigInt(index * NAME_BYTES), header + MESSAGE.NAME);
      this.#headers.writeUInt32LE(SOCKADDR_BYTES[this.#family], header + MESSAGE.NAME_LENGTH);
      this.#headers.writeBigUInt64LE(iovecs + BigInt(iovec), header + MESSAGE.IOVEC);
      this.#headers.writeBigUInt64LE(1n, header + MESSAGE.IOVEC_COUNT);
    }
  }

  /** The interface's name, or its index when it is gone. */
  #interfaceName(index: number): string {
    const name = Buffer.alloc(INTERFACE_NAME_BYTES);
    const found = this.#calls.if_indextoname(index, name);
    return found === null ? String(index) : name.toString("latin1", 0, name.indexOf(0));
  }
}

/** IF_NAMESIZE */
const INTERFACE_NAME_BYTES = 16;

const viewOf = (buffer: Buffer): DataView =>
  new DataView(buffer.buffer, buffer.byteOffset, buffer.byteLength);
