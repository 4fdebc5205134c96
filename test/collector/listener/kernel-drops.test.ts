import { expect, test } from "vitest";
import { KernelDrops } from "../../../collector/listener/kernel-drops.ts";
import { kernelAddress, parseKernelSockets } from "../../../collector/listener/kernel-sockets.ts";

const TABLE = `   sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode ref pointer drops
  100: 0100007F:128B 00000000:0000 07 00000000:00000000 00:00000000 00000000     0        0 4711 2 0000000000000000 12
  100: 0100007F:128B 00000000:0000 07 00000000:00000300 00:00000000 00000000     0        0 4712 2 0000000000000000 3
garbage
`;

test("the kernel's table is read line by line, other lines passed over", () => {
  expect(parseKernelSockets(TABLE)).toEqual([
    { address: "0100007F", port: 4747, inode: 4711, queuedBytes: 0, drops: 12 },
    { address: "0100007F", port: 4747, inode: 4712, queuedBytes: 768, drops: 3 },
  ]);
});

test("a queue said to be below 0 is empty", () => {
  const [socket] = parseKernelSockets(TABLE.replace("00000000:00000000 00:", "00000000:FFFFFD00 00:"));
  expect(socket).toMatchObject({ inode: 4711, queuedBytes: 0 });
});

test("addresses are written as the kernel prints them on this byte order", () => {
  const little = new Uint8Array(new Uint16Array([1]).buffer)[0] === 1;
  expect(kernelAddress("127.0.0.1")).toBe(little ? "0100007F" : "7F000001");
  expect(kernelAddress("ff15::4747")).toBe(
    little ? "000015FF000000000000000047470000" : "FF150000000000000000000000004747",
  );
  expect(kernelAddress("::")).toBe("0".repeat(32));
});

const BOUND = {
  family: 4,
  address: "127.0.0.1",
  port: 4747,
  known: new Set<number>(),
  native: null,
} as const;

const tablesWith = (drops: { current: number }) => ({
  sockets: () => parseKernelSockets(TABLE.replace(/ 3\n/, ` ${drops.current}\n`)),
  ownInodes: () => new Set([4712]),
});

test("drops are those of our socket, not of another one on the same address and port", () => {
  const drops = new KernelDrops(tablesWith({ current: 3 }));
  const watched = drops.watch(BOUND)!;
  drops.refresh();
  expect(watched).toMatchObject({ inode: 4712, queuedBytes: 768, drops: 3 });
});

test("drops grow by differences, also when the kernel's counter wraps", () => {
  const counter = { current: 2 ** 32 - 1 };
  const drops = new KernelDrops(tablesWith(counter));
  const watched = drops.watch(BOUND)!;
  drops.refresh();
  drops.refresh();
  counter.current = 1;
  drops.refresh();
  expect(watched.drops).toBe(2 ** 32 + 1);
});

test("of several sockets of ours on one address and port the one that was not there before is watched", () => {
  const own = new Set([4711, 4712]);
  const drops = new KernelDrops({ sockets: () => parseKernelSockets(TABLE), ownInodes: () => own });
  const watched = [[], [4711], [4711, 4712]].map((known) => drops.watch({ ...BOUND, known: new Set(known) }));
  drops.refresh();
  expect(watched.map((one) => one?.drops)).toEqual([12, 3, undefined]);
});

test("of sockets of ours that are new it is the one of that address and port, in the table of its family", () => {
  const line = (address: string, port: string, inode: number): string =>
    `  1: ${address}:${port} 0:0 07 0:0 00:0 0 0 0 ${inode} 2 0 ${inode}`;
  const table = {
    4: [line("0100007F", "128C", 1), line("0200007F", "128B", 2), line("0100007F", "128B", 3)],
    6: [line("0".repeat(32), "128B", 4)],
  };
  const read: number[] = [];
  const drops = new KernelDrops({
    sockets: (family) => {
      read.push(family);
      return parseKernelSockets(["sl local_address", ...table[family]].join("\n"));
    },
    ownInodes: () => new Set([1, 2, 3, 4]),
  });
  const four = drops.watch(BOUND)!;
  read.length = 0;
  drops.refresh();
  expect([four.drops, read]).toEqual([3, [4]]);
  const six = drops.watch({ ...BOUND, family: 6, address: "::" })!;
  read.length = 0;
  drops.refresh();
  expect([four.drops, six.drops, read]).toEqual([3, 4, [4, 6]]);
  // asked alone its table is read too, and of a forgotten one nothing is noted
  table[4][2] = line("0100007F", "128B", 3).replace(/3$/, "9");
  drops.forget(six);
  table[6][0] = line("0".repeat(32), "128B", 4).replace(/4$/, "9");
  four.refresh();
  drops.refresh();
  expect([four.drops, six.drops]).toEqual([9, 4]);
});

test("the most that waited in a socket of the table, and for how long, is noted", () => {
  const drops = new KernelDrops(tablesWith({ current: 3 }));
  const watched = drops.watch(BOUND)!;
  drops.refresh(30);
  expect([watched.peak.bytes, watched.peak.heldMs]).toEqual([768, 30]);
});

test("where the kernel does not tell there is nothing to watch", () => {
  const drops = new KernelDrops({ sockets: () => null, ownInodes: () => new Set() });
  expect(drops.watch(BOUND)).toBeNull();
});

/** A socket the kernel answers for itself. */
class AskedSocket {
  answers = true;
  kernelDrops = 0;
  queuedBytes = 0;
  readMemory = (): boolean => this.answers;
}
const NO_TABLES = { sockets: () => expect.unreachable(), ownInodes: () => expect.unreachable() };

test("a native socket is asked itself, and no table is read", () => {
  const native = new AskedSocket();
  const drops = new KernelDrops(NO_TABLES);
  const watched = drops.watch({ ...BOUND, native })!;
  native.kernelDrops = 5;
  native.queuedBytes = 1536;
  drops.refresh(30);
  expect([watched.drops, watched.queuedBytes]).toEqual([5, 1536]);
  native.queuedBytes = 512;
  drops.refresh(40);
  expect([watched.peak.bytes, watched.peak.heldMs]).toEqual([1536, 30]);
});

test("drops of a native socket grow by differences, also when the kernel's counter wraps", () => {
  const native = new AskedSocket();
  native.kernelDrops = 2 ** 32 - 1;
  const watched = new KernelDrops(NO_TABLES).watch({ ...BOUND, native })!;
  native.kernelDrops = 1;
  watched.refresh();
  expect(watched.drops).toBe(2 ** 32 + 1);
});

test("a native socket that stops answering keeps what is known, and a forgotten one is not asked again", () => {
  const native = new AskedSocket();
  const drops = new KernelDrops(NO_TABLES);
  const watched = drops.watch({ ...BOUND, native })!;
  native.kernelDrops = 9;
  native.answers = false;
  watched.refresh();
  expect(watched.drops).toBe(0);
  drops.forget(watched);
  native.answers = true;
  drops.refresh();
  expect(watched.drops).toBe(0);
});

test("a kernel that does not answer for a native socket has it looked up in its tables", () => {
  const native = new AskedSocket();
  native.answers = false;
  const drops = new KernelDrops(tablesWith({ current: 3 }));
  const watched = drops.watch({ ...BOUND, native })!;
  drops.refresh();
  expect(watched.drops).toBe(3);
});
