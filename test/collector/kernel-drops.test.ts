import { expect, test } from "vitest";
import { KernelDrops } from "../../collector/kernel-drops.ts";
import { kernelAddress, parseKernelSockets } from "../../collector/kernel-sockets.ts";

const TABLE = `   sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode ref pointer drops
  100: 0100007F:128B 00000000:0000 07 00000000:00000000 00:00000000 00000000     0        0 4711 2 0000000000000000 12
  100: 0100007F:128B 00000000:0000 07 00000000:00000000 00:00000000 00000000     0        0 4712 2 0000000000000000 3
garbage
`;

test("the kernel's table is read line by line, other lines passed over", () => {
  expect(parseKernelSockets(TABLE)).toEqual([
    { address: "0100007F", port: 4747, inode: 4711, drops: 12 },
    { address: "0100007F", port: 4747, inode: 4712, drops: 3 },
  ]);
});

test("addresses are written as the kernel prints them on this byte order", () => {
  const little = new Uint8Array(new Uint16Array([1]).buffer)[0] === 1;
  expect(kernelAddress("127.0.0.1")).toBe(little ? "0100007F" : "7F000001");
  expect(kernelAddress("ff15::4747")).toBe(
    little ? "000015FF000000000000000047470000" : "FF150000000000000000000000004747",
  );
  expect(kernelAddress("::")).toBe("0".repeat(32));
});

const tablesWith = (drops: { current: number }) => ({
  sockets: () => parseKernelSockets(TABLE.replace(/ 3\n/, ` ${drops.current}\n`)),
  ownInodes: () => new Set([4712]),
});

test("drops are those of our socket, not of another one on the same address and port", () => {
  const drops = new KernelDrops(tablesWith({ current: 3 }));
  const watched = drops.watch(4, "127.0.0.1", 4747)!;
  drops.refresh();
  expect(watched).toMatchObject({ inode: 4712, drops: 3 });
});

test("drops grow by differences, also when the kernel's counter wraps", () => {
  const counter = { current: 2 ** 32 - 1 };
  const drops = new KernelDrops(tablesWith(counter));
  const watched = drops.watch(4, "127.0.0.1", 4747)!;
  drops.refresh();
  drops.refresh();
  counter.current = 1;
  drops.refresh();
  expect(watched.drops).toBe(2 ** 32 + 1);
});

test("a second watch of one address and port takes the socket that is not watched yet", () => {
  const own = new Set([4711, 4712]);
  const drops = new KernelDrops({ sockets: () => parseKernelSockets(TABLE), ownInodes: () => own });
  const inodes = [1, 2, 3].map(() => drops.watch(4, "127.0.0.1", 4747)?.inode);
  expect(inodes).toEqual([4711, 4712, undefined]);
});

test("where the kernel does not tell there is nothing to watch", () => {
  const drops = new KernelDrops({ sockets: () => null, ownInodes: () => new Set() });
  expect(drops.watch(4, "127.0.0.1", 4747)).toBeNull();
});
