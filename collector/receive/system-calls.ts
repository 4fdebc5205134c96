import { endianness } from "node:os";
import { getSystemErrorName } from "node:util";
import { LacunaError, messageOf } from "../../common/errors.ts";

/** The functions of the C library that the native receive path calls; arguments and results as the manual pages have them. */
export interface SystemCalls {
  socket(family: number, type: number, protocol: number): number;
  bind(fd: number, address: Buffer, bytes: number): number;
  close(fd: number): number;
  setsockopt(fd: number, level: number, option: number, value: Buffer, bytes: number): number;
  getsockopt(fd: number, level: number, option: number, value: Buffer, bytes: Buffer): number;
  recvmmsg(fd: number, headers: Buffer, count: number, flags: number, timeout: null): number;
  if_nametoindex(name: string): number;
  if_indextoname(index: number, name: Buffer): unknown;
  errno(): number;
  address(buffer: Buffer): bigint;
}

/** A system call failed; `code` is the name of its errno, such as `EADDRINUSE`. */
export class SystemCallError extends LacunaError {
  constructor(call: string, errno: number) {
    const code = getSystemErrorName(-errno);
    super(code, `${call} ${code}`);
  }
}

/**
 * struct mmsghdr with the struct msghdr it begins with, and struct iovec, as 64-bit Linux has them: size in bytes and the offsets we use.
 * For two lengths the kernel and glibc say size_t where musl (sys/socket.h) says int and a padding after it; musl's recvmmsg sets the padding to
 * zero before the call, so on little-endian machines both are the same 64-bit numbers.
 */
export const MESSAGE = {
  BYTES: 64,
  NAME: 0,
  NAME_LENGTH: 8,
  IOVEC: 16,
  IOVEC_COUNT: 24,
  LENGTH: 56,
} as const;
export const IOVEC = { BYTES: 16, BASE: 0, LENGTH: 8 } as const;
/** struct sock_fprog (linux/filter.h). */
export const FILTER_PROGRAM = { BYTES: 16, COUNT: 0, FILTER: 8 } as const;

type Koffi = typeof import("koffi").default;

/**
 * Find the system calls.
 * @returns them, or the reason why they cannot be had or must not be used here
 */
export const loadSystemCalls = async (): Promise<SystemCalls | { missing: string }> => {
  const { platform, arch } = process;
  if (platform !== "linux" || (arch !== "x64" && arch !== "arm64") || endianness() !== "LE") {
    return { missing: `it is for Linux on x64 and arm64, not for ${platform} on ${arch}` };
  }
  try {
    const { default: koffi } = await import("koffi");
    const other = otherLayout(koffi);
    return other === null ? bindCalls(koffi) : { missing: `${other} is laid out in another way here` };
  } catch (error) {
    return { missing: `koffi cannot be loaded (${messageOf(error)})` };
  }
};

/** The structure that the C types of this machine make another one of than it is written above; null = all are as written. */
const otherLayout = (koffi: Koffi): string | null => {
  const iovec = koffi.struct({ base: "void *", length: "size_t" });
  const message = koffi.struct({
    name: "void *",
    nameLength: "uint32_t",
    iovec: "void *",
    iovecCount: "size_t",
    control: "void *",
    controlLength: "size_t",
    flags: "int",
    // a struct msghdr ends at a multiple of 8 bytes
    padding: "int",
    length: "unsigned int",
    ending: "unsigned int",
  });
  const isAsWritten = (
    type: typeof message,
    layout: Record<string, number>,
    members: Record<string, string>,
  ) =>
    koffi.sizeof(type) === layout.BYTES &&
    Object.entries(members).every(([field, member]) => koffi.offsetof(type, member) === layout[field]);
  if (!isAsWritten(iovec, IOVEC, { BASE: "base", LENGTH: "length" })) return "struct iovec";
  const program = koffi.struct({ count: "unsigned short", filter: "void *" });
  if (!isAsWritten(program, FILTER_PROGRAM, { COUNT: "count", FILTER: "filter" })) return "struct sock_fprog";
  const members = {
    NAME: "name",
    NAME_LENGTH: "nameLength",
    IOVEC: "iovec",
    IOVEC_COUNT: "iovecCount",
    LENGTH: "length",
  };
  return isAsWritten(message, MESSAGE, members) ? null : "struct mmsghdr";
};

const bindCalls = (koffi: Koffi): SystemCalls => {
  // the process's own symbols: no name of a C library, which differs between distributions
  const process = koffi.load(null);
  return {
    socket: process.func("int socket(int family, int type, int protocol)"),
    bind: process.func("int bind(int fd, const void *address, unsigned int bytes)"),
    close: process.func("int close(int fd)"),
    setsockopt: process.func(
      "int setsockopt(int fd, int level, int option, const void *value, unsigned int bytes)",
    ),
    getsockopt: process.func("int getsockopt(int fd, int level, int option, void *value, void *bytes)"),
    recvmmsg: process.func(
      "int recvmmsg(int fd, void *headers, unsigned int count, int flags, void *timeout)",
    ),
    if_nametoindex: process.func("unsigned int if_nametoindex(const char *name)"),
    if_indextoname: process.func("void *if_indextoname(unsigned int index, void *name)"),
    errno: () => koffi.errno(),
    address: (buffer) => koffi.address(buffer),
  };
};
