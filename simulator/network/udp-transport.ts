import { Buffer } from "node:buffer";
import { createSocket, type Socket } from "node:dgram";
import { lookup } from "node:dns/promises";
import { once } from "node:events";
import { isIP, isIPv6 } from "node:net";
import { networkInterfaces } from "node:os";
import { isGroup } from "../../common/addresses.ts";
import { codeOf, LacunaError, messageOf } from "../../common/errors.ts";
import { type FoundInterface, findInterface } from "../../common/interfaces.ts";
import { parseTarget, type Target } from "../options/target.ts";

/** Memory of one datagram under way. */
export interface Slot {
  readonly bytes: Uint8Array;
  readonly view: DataView;
}

/** Takes a datagram that came back; valid during the call. */
export type Hear = (bytes: Uint8Array, view: DataView) => void;

/** Where a fleet's datagrams go; bounded in flight. */
export interface Transport {
  /** Memory for a datagram, or null while all of it is under way. */
  take(): Slot | null;
  /**
   * Sends the first `length` bytes. Datagrams of one lane leave in order, but for those the system has no room for: others may leave before they do.
   * The slot belongs to the transport until it is taken again.
   */
  send(slot: Slot, length: number, lane: number): void;
  /**
   * Resolves when a slot is free.
   * @throws LacunaError `ERR_SEND` when the system refused one for good
   */
  free(): Promise<void>;
  /**
   * Resolves when everything has left.
   * @throws LacunaError `ERR_SEND`
   */
  flush(): Promise<void>;
  /** What comes back to the ports the datagrams leave from is handed over from now on. */
  onHeard(hear: Hear): void;
  /** From now on told of each datagram that did not leave; before the slot is taken again. */
  onRefused(refused: (slot: Slot) => void): void;
  close(): Promise<void>;
}

const IN_FLIGHT_BYTES = 4 * 2 ** 20;
const MOST_IN_FLIGHT = 512;
const RETRY_MS = 1;
/** the system has no room right now: nothing was sent, the same datagram is sent again */
const NO_ROOM: readonly (string | undefined)[] = ["ENOBUFS", "ENOMEM", "EAGAIN"];
/** there is no way to the target right now (an interface down, a firewall, a route that forbids it, EACCES, or leads nowhere, EINVAL): the datagram is lost, the next one may leave */
const NO_WAY: readonly (string | undefined)[] = [
  ...["ENETUNREACH", "EHOSTUNREACH", "ENETDOWN", "EHOSTDOWN", "ENODEV", "EADDRNOTAVAIL"],
  ...["EPERM", "EACCES", "EINVAL", "ECONNREFUSED"],
];

/** A fleet's sockets. Unconnected: what comes back (NACKs) may come from another address than the one sent to. */
export class UdpTransport implements Transport {
  readonly #sockets: readonly Socket[];
  readonly #address: string;
  readonly #port: number;
  readonly #free: Slot[];
  readonly #slots: number;
  #failure: LacunaError | undefined;
  #refused: ((slot: Slot) => void) | undefined;
  /** a target that was never reached is a mistake, one that no longer is an impairment */
  #hasSent = false;
  #wake: (() => void) | undefined;
  #isClosed = false;

  constructor(sockets: readonly Socket[], address: string, port: number, datagramBytes: number) {
    this.#sockets = sockets;
    this.#address = address;
    this.#port = port;
    this.#slots = Math.max(16, Math.min(MOST_IN_FLIGHT, Math.floor(IN_FLIGHT_BYTES / datagramBytes)));
    this.#free = Array.from({ length: this.#slots }, () => {
      const bytes = Buffer.allocUnsafeSlow(datagramBytes);
      return { bytes, view: new DataView(bytes.buffer) };
    });
  }

  take(): Slot | null {
    return this.#free.pop() ?? null;
  }

  send(slot: Slot, length: number, lane: number): void {
    // what is tried again may be given up meanwhile
    if (this.#isClosed) return;
    const socket = this.#sockets[lane % this.#sockets.length]!;
    socket.send(slot.bytes, 0, length, this.#port, this.#address, (error) => {
      if (error !== null && NO_ROOM.includes(codeOf(error))) {
        setTimeout(() => this.send(slot, length, lane), RETRY_MS);
        return;
      }
      if (error === null) this.#hasSent = true;
      else if (this.#hasSent && NO_WAY.includes(codeOf(error))) this.#refused?.(slot);
      else this.#failure ??= this.#sendError(error);
      this.#free.push(slot);
      this.#wake?.();
    });
  }

  async free(): Promise<void> {
    await this.#until(() => this.#free.length > 0);
  }

  async flush(): Promise<void> {
    await this.#until(() => this.#free.length === this.#slots);
  }

  onHeard(hear: Hear): void {
    for (const socket of this.#sockets) {
      socket.on("message", (bytes) =>
        hear(bytes, new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)),
      );
    }
  }

  onRefused(refused: (slot: Slot) => void): void {
    this.#refused = refused;
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    const closed = this.#sockets.map((socket) => once(socket, "close"));
    for (const socket of this.#sockets) socket.close();
    await Promise.all(closed);
  }

  async #until(isReached: () => boolean): Promise<void> {
    while (this.#failure === undefined && !isReached()) {
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
    if (this.#failure !== undefined) throw this.#failure;
  }

  #sendError(error: Error): LacunaError {
    const where = `${this.#address} port ${this.#port}`;
    return new LacunaError("ERR_SEND", `a datagram to ${where} was refused: ${messageOf(error)}`, {
      cause: error,
    });
  }
}

/** @throws LacunaError `ERR_SEND_INTERFACE` */
const interfaceOf = (wanted: string, family: 4 | 6): FoundInterface => {
  const found = findInterface(wanted, family, networkInterfaces());
  if ("missing" in found) throw new LacunaError("ERR_SEND_INTERFACE", found.missing);
  return found;
};

const resolveHost = async ({ host }: Target): Promise<{ address: string; family: 4 | 6 }> => {
  const given = isIP(host);
  if (given === 4 || given === 6) return { address: host, family: given };
  try {
    const { address, family } = await lookup(host);
    return { address, family: family === 6 ? 6 : 4 };
  } catch (error) {
    throw new LacunaError("ERR_SEND_HOST", `${host} is no address and has none: ${messageOf(error)}`, {
      cause: error,
    });
  }
};

const openSocket = async (target: Target, address: string, family: 4 | 6): Promise<Socket> => {
  const socket = createSocket({
    type: family === 4 ? "udp4" : "udp6",
    // the address is known: no look-up per datagram
    lookup: (host, _options, found) => found(null, host, family),
  });
  try {
    const bound = once(socket, "listening");
    socket.bind(0, target.source ?? undefined);
    await bound;
    if (family === 4) socket.setBroadcast(true);
    if (isGroup(address)) {
      if (target.interface !== null) {
        const via = interfaceOf(target.interface, family);
        socket.setMulticastInterface(family === 4 ? via.address : `::%${via.name}`);
      }
      if (target.ttl !== null) socket.setMulticastTTL(target.ttl);
      socket.setMulticastLoopback(target.loop);
    } else if (target.ttl !== null) {
      socket.setTTL(target.ttl);
    }
    return socket;
  } catch (error) {
    socket.close();
    if (error instanceof LacunaError) throw error;
    const message = `no socket to send to ${address} from: ${messageOf(error)}`;
    throw new LacunaError("ERR_SEND_SOCKET", message, { cause: error });
  }
};

/**
 * Opens sockets to a target.
 * @param url - a target URL (target.ts)
 * @param datagramBytes - the greatest datagram that will be sent
 * @throws LacunaError `ERR_SEND_TARGET`, `ERR_SEND_HOST`, `ERR_SEND_INTERFACE`, `ERR_SEND_SOCKET`
 */
export const openUdpTransport = async (
  url: string,
  sockets: number,
  datagramBytes: number,
): Promise<UdpTransport> => {
  const { target, mistakes } = parseTarget(url);
  if (target === null) throw new LacunaError("ERR_SEND_TARGET", mistakes.join("; "));
  const { address, family } = await resolveHost(target);
  // a link-local address means nothing without its interface
  const isLinkLocal = isIPv6(address) && /^fe[89ab]/i.test(address);
  const zone = isLinkLocal && target.interface !== null ? `%${interfaceOf(target.interface, 6).name}` : "";
  const opened = Array.from({ length: sockets }, () => openSocket(target, address, family));
  const settled = await Promise.allSettled(opened);
  const failed = settled.find((result) => result.status === "rejected");
  const open = settled.flatMap((result) => (result.status === "fulfilled" ? [result.value] : []));
  if (failed !== undefined) {
    for (const socket of open) socket.close();
    throw failed.reason;
  }
  return new UdpTransport(open, address + zone, target.port, datagramBytes);
};

/**
 * Sends one datagram and waits until the system has taken it.
 * @throws LacunaError as `openUdpTransport`, and `ERR_SEND`
 */
export const sendDatagram = async (url: string, bytes: Uint8Array): Promise<void> => {
  const transport = await openUdpTransport(url, 1, Math.max(1, bytes.length));
  try {
    const slot = transport.take();
    slot?.bytes.set(bytes);
    if (slot !== null) transport.send(slot, bytes.length, 0);
    await transport.flush();
  } finally {
    await transport.close();
  }
};
