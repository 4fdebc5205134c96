import { LacunaError, messageOf } from "../../../common/errors.ts";

/*
 * The foreign memory of the load generator is all in this file. What keeps it safe:
 *
 * 1. The kernel finds memory through pointers we wrote in `DatagramRing` only: message headers point to I/O vectors, I/O vectors to the datagrams.
 *    The three are made once with `Buffer.allocUnsafeSlow`, so each has memory of its own outside the JavaScript heap, which is never moved.
 * 2. They are fields of the ring and nothing transfers, resizes or detaches them: as long as somebody can call `send` the memory is there.
 * 3. The kernel uses a pointer only during `sendmmsg`, which copies what it sends. The call is synchronous: the datagrams may be changed after it.
 * 4. The descriptor belongs to the sender from `openSender` to `close`, which makes the number unusable here.
 *
 * struct mmsghdr and iovec of 64-bit little-endian Linux, the same on x86-64 and arm64 (collector/receive/native-socket.ts).
 */
const HEADER_BYTES = 64;
const HEADER = { IOVEC: 16, IOVEC_COUNT: 24 } as const;
const IOVEC_BYTES = 16;
/** the kernel takes at most so many messages with one call (UIO_MAXIOV) */
const MESSAGES_PER_CALL = 1024;

const AF_INET = 2;
const SOCK_DGRAM = 2;
const SOCK_CLOEXEC = 0o2_000_000;
const SOL_UDP = 17;
const UDP_SEGMENT = 103;
const EINTR = 4;

/** Datagrams of one size, in native memory, sent in their order again and again. */
export interface DatagramRing {
  readonly datagramBytes: number;
  readonly count: number;
  /** datagram `index` begins at `index * datagramBytes` */
  readonly bytes: Uint8Array;
  readonly view: DataView;
  /** datagrams one message carries; the last message of the ring may carry fewer */
  readonly perMessage: number;
  readonly headers: Buffer;
}

/** A socket connected to 127.0.0.1. */
export interface Sender {
  /** @param perMessage - 1 = no segmentation offload */
  createRing(datagramBytes: number, count: number, perMessage: number): DatagramRing;
  /** Tell the kernel how to cut the messages of this ring; before its first `send`, and after those of another one. */
  use(ring: DatagramRing): void;
  /** Send the messages from number `from` on; returns when the kernel has taken them. */
  send(ring: DatagramRing, from: number, count: number): void;
  close(): void;
}

/**
 * @throws LacunaError `ERR_BENCH_NATIVE` where koffi or Linux is absent
 */
export const openSender = async (port: number): Promise<Sender> => {
  if (process.platform !== "linux" || !["x64", "arm64"].includes(process.arch)) {
    throw new LacunaError("ERR_BENCH_NATIVE", "the load generator needs Linux on x64 or arm64 (sendmmsg)");
  }
  const { default: koffi } = await import("koffi").catch((error: unknown) => {
    throw new LacunaError(
      "ERR_BENCH_NATIVE",
      `the load generator needs the optional package koffi: ${messageOf(error)}`,
    );
  });
  const library = koffi.load(null);
  const socket = library.func("int socket(int family, int type, int protocol)");
  const connect = library.func("int connect(int fd, const void *address, unsigned int bytes)");
  const setsockopt = library.func(
    "int setsockopt(int fd, int level, int option, const void *value, unsigned int bytes)",
  );
  const sendmmsg = library.func("int sendmmsg(int fd, void *headers, unsigned int count, int flags)");
  const closeFd = library.func("int close(int fd)");
  const check = (call: string, result: number): void => {
    if (result < 0) throw new LacunaError("ERR_BENCH_NATIVE", `${call} failed: errno ${koffi.errno()}`);
  };

  let fd: number = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  check("socket", fd);
  const address = Buffer.alloc(16);
  address.writeUInt16LE(AF_INET, 0);
  address.writeUInt16BE(port, 2);
  address.set([127, 0, 0, 1], 4);
  check("connect", connect(fd, address, address.length));

  return {
    createRing(datagramBytes, count, perMessage) {
      const bytes = Buffer.allocUnsafeSlow(datagramBytes * count).fill(0);
      const messages = Math.ceil(count / perMessage);
      const iovecs = Buffer.allocUnsafeSlow(messages * IOVEC_BYTES).fill(0);
      const headers = Buffer.allocUnsafeSlow(messages * HEADER_BYTES).fill(0);
      const [bytesAt, iovecsAt] = [koffi.address(bytes) as bigint, koffi.address(iovecs) as bigint];
      for (let message = 0; message < messages; message++) {
        const first = message * perMessage;
        const length = Math.min(perMessage, count - first) * datagramBytes;
        iovecs.writeBigUInt64LE(bytesAt + BigInt(first * datagramBytes), message * IOVEC_BYTES);
        iovecs.writeBigUInt64LE(BigInt(length), message * IOVEC_BYTES + 8);
        const header = message * HEADER_BYTES;
        headers.writeBigUInt64LE(iovecsAt + BigInt(message * IOVEC_BYTES), header + HEADER.IOVEC);
        headers.writeBigUInt64LE(1n, header + HEADER.IOVEC_COUNT);
      }
      const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
      // the vectors are reached through the headers only: the ring keeps them alive
      const ring = { datagramBytes, count, bytes, view, perMessage, headers, iovecs };
      return ring;
    },
    use({ datagramBytes, perMessage }) {
      const value = Buffer.alloc(4);
      value.writeInt32LE(perMessage > 1 ? datagramBytes : 0);
      const result: number = setsockopt(fd, SOL_UDP, UDP_SEGMENT, value, value.length);
      // a kernel without it cannot be told to leave it off either, and does not cut then
      if (perMessage > 1) check("setsockopt UDP_SEGMENT", result);
    },
    send(ring, from, count) {
      for (let sent = 0; sent < count; ) {
        const headers = ring.headers.subarray((from + sent) * HEADER_BYTES);
        const result: number = sendmmsg(fd, headers, Math.min(count - sent, MESSAGES_PER_CALL), 0);
        if (result < 0 && koffi.errno() !== EINTR) check("sendmmsg", result);
        sent += Math.max(0, result);
      }
    },
    close() {
      closeFd(fd);
      fd = -1;
    },
  };
};
