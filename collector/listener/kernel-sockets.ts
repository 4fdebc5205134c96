import { readdirSync, readFileSync, readlinkSync } from "node:fs";
import { endianness } from "node:os";
import { basename } from "node:path";
import { addressBytes } from "../receive/address-bytes.ts";

/** One line of the kernel's table of UDP sockets (proc(5), /proc/net/udp). */
export interface KernelSocket {
  /** hexadecimal, in the byte order the kernel prints */
  address: string;
  port: number;
  inode: number;
  /** what waits in its receive queue, as it is charged to the buffer */
  queuedBytes: number;
  /** datagrams dropped at this socket since it was opened, u32 */
  drops: number;
}

const COLUMN = { LOCAL: 1, QUEUES: 4, INODE: 9, DROPS: 12 } as const;

/** The sockets of `/proc/net/udp` or `/proc/net/udp6`; lines of another shape are passed over. */
export const parseKernelSockets = (table: string): KernelSocket[] => {
  const sockets: KernelSocket[] = [];
  for (const line of table.split("\n").slice(1)) {
    const columns = line.trim().split(/\s+/);
    const [address, port] = (columns[COLUMN.LOCAL] ?? "").split(":");
    const drops = Number(columns[COLUMN.DROPS]);
    if (address === undefined || port === undefined || Number.isNaN(drops)) continue;
    // sent:received
    const queued = columns[COLUMN.QUEUES]?.split(":")[1] ?? "";
    sockets.push({
      address,
      port: Number.parseInt(port, 16),
      inode: Number(columns[COLUMN.INODE]),
      // two figures of the kernel that are not read at one instant: their difference can fall below 0
      queuedBytes: Math.max(0, Number.parseInt(queued, 16) | 0),
      drops,
    });
  }
  return sockets;
};

/** The table of one family, or null where there is none (not Linux). */
export const readKernelSockets = (family: 4 | 6): KernelSocket[] | null => {
  const table = readOrNull(() => readFileSync(`/proc/net/udp${family === 6 ? "6" : ""}`, "utf8"));
  return table === null ? null : parseKernelSockets(table);
};

/** An address as the kernel prints it: words of 32 bits, each in the byte order of the machine. */
export const kernelAddress = (address: string): string => {
  const bytes = addressBytes(address);
  let text = "";
  for (let at = 0; at < bytes.length; at += 4) {
    const word = bytes.slice(at, at + 4);
    if (endianness() === "LE") word.reverse();
    text += Buffer.from(word).toString("hex").toUpperCase();
  }
  return text;
};

/** Inodes of the sockets this process has open; empty where the system does not say. */
export const ownSocketInodes = (processId: number | "self" = "self"): Set<number> => {
  const folder = `/proc/${processId}/fd`;
  const inodes = new Set<number>();
  for (const fd of readOrNull(() => readdirSync(folder)) ?? []) {
    const target = readOrNull(() => readlinkSync(`${folder}/${fd}`));
    const inode = /^socket:\[(\d+)\]$/.exec(target ?? "")?.[1];
    if (inode !== undefined) inodes.add(Number(inode));
  }
  return inodes;
};

/**
 * Who has a UDP socket on that port: `nc (process 4711)`. Best effort, for messages.
 * @returns null when nobody is found (another user's process, another system)
 */
export const describePortOwner = (family: 4 | 6, port: number): string | null => {
  const inodes = new Set<number>();
  for (const socket of readKernelSockets(family) ?? []) if (socket.port === port) inodes.add(socket.inode);
  if (inodes.size === 0) return null;
  for (const entry of readOrNull(() => readdirSync("/proc")) ?? []) {
    const processId = Number(entry);
    if (!Number.isInteger(processId)) continue;
    const own = ownSocketInodes(processId);
    if (![...inodes].some((inode) => own.has(inode))) continue;
    return processId === process.pid ? "this process" : `${programOf(processId)} (process ${processId})`;
  }
  return null;
};

/** The program as it was called: /proc/PID/comm is the name of its main thread, which Node calls "MainThread". */
const programOf = (processId: number): string => {
  const [program = ""] = (readOrNull(() => readFileSync(`/proc/${processId}/cmdline`, "utf8")) ?? "").split(
    "\0",
  );
  return basename(program) || "a program";
};

/** Files under /proc vanish with their process, and other systems have none: absence is an answer here. */
const readOrNull = <T>(read: () => T): T | null => {
  try {
    return read();
  } catch {
    return null;
  }
};
