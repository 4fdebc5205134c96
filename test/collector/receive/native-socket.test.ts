import type { Socket } from "node:dgram";
import { expect, test } from "vitest";
import { type BindPlace, NativeSockets } from "../../../collector/receive/native-socket.ts";
import type { SystemCalls } from "../../../collector/receive/system-calls.ts";

const [EINTR, EBADF, EAGAIN, ENODEV, EADDRINUSE] = [4, 9, 11, 19, 98];
const [FD, BESIDE] = [7, 3];
const HERE: BindPlace = { family: 4, address: "127.0.0.1", port: 1, scope: null, isShared: false };
const NAMES: Record<string, string> = {
  "1/2": "REUSEADDR",
  "1/8": "RCVBUF",
  "1/15": "REUSEPORT",
  "1/25": "BINDTODEVICE",
  "1/33": "RCVBUFFORCE",
  "0/49": "MULTICAST_ALL",
  "41/26": "V6ONLY",
  "41/29": "MULTICAST_ALL",
};

/** A system that writes down what it is asked, and refuses what it is told to; each of `reads` is what recvmmsg gives, below 0 an errno. */
const systemOf = (refused: Record<string, number> = {}, reads: number[] = []) => {
  const asked: string[] = [];
  let errno = 0;
  const answer = (call: string): number => {
    asked.push(call);
    const found = Object.keys(refused).find((name) => call.startsWith(name));
    errno = found === undefined ? 0 : refused[found]!;
    return found === undefined ? 0 : -1;
  };
  const memory = { bytes: 36, askedFor: [] as number[] };
  const calls: SystemCalls = {
    socket: () => (answer("socket") < 0 ? -1 : FD),
    bind: (fd, address) =>
      answer(`bind ${fd}${address.readUInt32LE(24 % address.length) > 0 ? " scoped" : ""}`),
    close: (fd) => answer(`close ${fd}`),
    setsockopt: (fd, level, option, value) => {
      const name = NAMES[`${level}/${option}`];
      const text = name === "BINDTODEVICE" ? value.toString() : value.readInt32LE();
      return answer(`${name}=${text}${fd === FD ? "" : ` of ${fd}`}`);
    },
    getsockopt: (_fd, _level, _option, _value, bytes) => {
      memory.askedFor.push(bytes.readInt32LE());
      bytes.writeInt32LE(memory.bytes);
      return answer("getsockopt");
    },
    recvmmsg: () => {
      const count = reads.shift()!;
      errno = -count;
      return Math.max(-1, count);
    },
    if_nametoindex: (name) => {
      errno = ENODEV;
      return name === "eth4" ? 4 : 0;
    },
    if_indextoname: (index, name) => (index === 4 ? name.fill("eth4\0wlan0", 0, 10) : null),
    errno: () => errno,
    address: () => 0n,
  };
  return { asked, calls, memory, sockets: new NativeSockets(calls) };
};

test.each<[string, Partial<BindPlace>, string[]]>([
  ["alone", {}, ["MULTICAST_ALL=0", "bind 7"]],
  ["a group, which others may bind", { isShared: true }, ["REUSEADDR=1", "MULTICAST_ALL=0", "bind 7"]],
  ["the first of several of ours", { sharing: "first" }, ["MULTICAST_ALL=0", "bind 7", "REUSEPORT=1"]],
  ["a further one of ours", { sharing: "join" }, ["REUSEPORT=1", "MULTICAST_ALL=0", "bind 7"]],
  ["IPv6", { family: 6, address: "::1" }, ["V6ONLY=1", "MULTICAST_ALL=0", "bind 7"]],
  [
    "a link-local address",
    { family: 6, address: "fe80::1", scope: "eth4" },
    ["V6ONLY=1", "MULTICAST_ALL=0", "bind 7 scoped"],
  ],
  ["one interface", { device: "eth4" }, ["MULTICAST_ALL=0", "BINDTODEVICE=eth4", "bind 7"]],
])("a socket for %s is bound with what belongs to it", (_, place, asked) => {
  const system = systemOf();
  system.sockets.open({ ...HERE, ...place });
  expect(system.asked).toEqual(["socket", ...asked]);
});

test.each([0, EADDRINUSE])(
  "beside another socket the port is shared while that one is bound, errno %i",
  (errno) => {
    const system = systemOf(errno === 0 ? {} : { bind: errno });
    const other = systemOf();
    const beside = other.sockets.open(HERE);
    Object.defineProperty(beside, "fd", { value: BESIDE });
    other.asked.length = 0;
    const open = () => system.sockets.open({ ...HERE, beside });
    if (errno === 0) open();
    else expect(open).toThrow("bind EADDRINUSE");
    expect(system.asked.slice(2)).toEqual([
      "REUSEPORT=1",
      "bind 7",
      "REUSEPORT=0",
      ...(errno === 0 ? [] : ["close 7"]),
    ]);
    expect(other.asked).toEqual(["REUSEPORT=1", "REUSEPORT=0"]);
  },
);

test("a system that refuses foreign groups no option goes without", () => {
  const system = systemOf({ MULTICAST_ALL: EBADF });
  expect(system.sockets.open(HERE).fd).toBe(FD);
});

test("a descriptor that was handed over is its new owner's to close, also when it cannot be bound", () => {
  const system = systemOf({ bind: EADDRINUSE });
  const owner = {
    bind: ({ fd }: { fd: number }) => void system.asked.push(`owned ${fd}`),
  } as unknown as Socket;
  expect(() => system.sockets.open(HERE, owner)).toThrow("bind EADDRINUSE");
  expect(system.asked).toEqual(["socket", "MULTICAST_ALL=0", "owned 7", "REUSEADDR=0", "bind 7"]);
  const shared = systemOf();
  const socket = shared.sockets.open({ ...HERE, isShared: true }, { bind: () => {} } as unknown as Socket);
  socket.close();
  expect([shared.asked, socket.fd]).toEqual([["socket", "REUSEADDR=1", "MULTICAST_ALL=0", "bind 7"], -1]);
});

test("a receive buffer is asked for beyond the ceiling first, and up to it where that is refused", () => {
  for (const refused of [{}, { RCVBUFFORCE: 1 }]) {
    const system = systemOf(refused);
    const socket = system.sockets.open(HERE);
    system.asked.length = 0;
    socket.setRecvBufferSize(4096);
    const forced = ["RCVBUFFORCE=4096"];
    expect(system.asked).toEqual("RCVBUFFORCE" in refused ? [...forced, "RCVBUF=4096"] : forced);
  }
});

test("a group on an interface that is not there is not joined on another", () => {
  const system = systemOf();
  const socket = system.sockets.open(HERE);
  expect(() => socket.join("239.1.2.3", "gone", null)).toThrow("if_nametoindex ENODEV");
});

test("a kernel that tells less of a socket than is wanted does not tell; it is asked for all each time", () => {
  const system = systemOf();
  const socket = system.sockets.open(HERE);
  expect(socket.readMemory()).toBe(true);
  system.memory.bytes = 32;
  expect([socket.readMemory(), socket.readMemory()]).toEqual([false, false]);
  expect(system.memory.askedFor).toEqual([36, 36, 36]);
});

test("a read that was interrupted is made again, one that finds nothing gives nothing, any other failure throws", () => {
  const system = systemOf({}, [-EINTR, -EINTR, 5, -EAGAIN, -EBADF]);
  const socket = system.sockets.open(HERE);
  const batch = system.sockets.createBatch(4);
  expect([batch.read(socket), batch.read(socket)]).toEqual([5, 0]);
  expect(() => batch.read(socket)).toThrow("recvmmsg EBADF");
});
