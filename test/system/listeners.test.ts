import { spawn } from "node:child_process";
import { createSocket } from "node:dgram";
import { once } from "node:events";
import { constants, networkInterfaces } from "node:os";
import { basename } from "node:path";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { parseListenerUrls } from "../../collector/listener/listener-conflicts.ts";
import { type OpenedSocket, openSocket } from "../../collector/listener/open-socket.ts";
import { NativeSockets } from "../../collector/receive/native-socket.ts";
import { ADDRESS_FAMILY, encodeSockaddr } from "../../collector/receive/sockaddr.ts";
import { loadSystemCalls } from "../../collector/receive/system-calls.ts";
import { createNetnsPair, type NetnsPair, netnsUnavailable } from "../support/netns.ts";
import { Probe } from "../support/probe.ts";
import { RECEIVE_EXPECTED, socketsOf } from "../support/receive-paths.ts";

const path = RECEIVE_EXPECTED;
const hasNoNamespaces = netnsUnavailable() !== null;
let pair: NetnsPair;
/** in the near namespace two programs that listen, in the far one a sender */
let [near, other, far]: Probe[] = [];
const opened: OpenedSocket[] = [];

beforeAll(() => {
  if (hasNoNamespaces) return;
  pair = createNetnsPair();
  [near, other, far] = [pair.near, pair.near, pair.far].map((where) => new Probe(where, path));
});
afterAll(async () => {
  for (const probe of [near, other, far]) await probe?.end();
  pair?.destroy();
});
afterEach(async () => {
  for (const probe of [near, other]) await probe?.close();
  for (const { socket } of opened.splice(0)) socket.close();
});

// bits/socket.h and asm-generic/socket.h
const SOCK_DGRAM = 2;
const SOL_SOCKET = 1;
const SO_REUSEADDR = 2;
const { EADDRINUSE } = constants.errno;

const HOLD_A_PORT = `const socket = require("node:dgram").createSocket("udp4");
socket.bind(0, "127.0.0.1", () => process.stdout.write(String(socket.address().port)));`;

describe(`received by ${path}:`, () => {
  const open = async (url: string): Promise<OpenedSocket> => {
    const [config] = parseListenerUrls([url]);
    const socket = await openSocket(config!, { interfaces: networkInterfaces(), sockets: socketsOf(path) });
    opened.push(socket);
    return socket;
  };

  /** What `url`, opened in the near namespace, hears of what the far one sends; the last text is the fence. */
  const heard = async (
    url: string,
    sends: { from?: string; to: string; text: string }[],
  ): Promise<string[]> => {
    const [port] = await near!.listen(url);
    for (const { from = pair.far.ipv4[0]!, to, text } of sends) {
      await far!.send({ from, to, port: port!, text });
    }
    const all = await near!.heardUntil(sends.at(-1)!.text);
    await near!.close();
    return all.map(({ text }) => text);
  };

  const inNamespaces = test.skipIf(hasNoNamespaces);
  // sockets of node:dgram cannot let each other in and nobody else: what is no test there is not skipped either
  const testNative = path === "native" ? test : (): void => {};

  const nextText = async ({ socket }: OpenedSocket): Promise<string> =>
    String((await once(socket, "message"))[0]);

  const sendHere = (type: "udp4" | "udp6", to: string, port: number, text: string): void => {
    const socket = createSocket(type);
    socket.bind(0, () => {
      socket.setBroadcast(true);
      socket.send(text, port, to, () => socket.close());
    });
  };

  test("an IPv4 unicast listener receives and tells the port the system chose", async () => {
    const listener = await open("udp://127.0.0.1:0");
    expect(listener.port).toBeGreaterThan(0);
    const text = nextText(listener);
    sendHere("udp4", "127.0.0.1", listener.port, "hello");
    expect(await text).toBe("hello");
  });

  test("an IPv6 unicast listener receives", async () => {
    const listener = await open("udp://[::1]:0");
    const text = nextText(listener);
    sendHere("udp6", "::1", listener.port, "hello");
    expect(await text).toBe("hello");
  });

  test("wildcard listeners of both families share a port", async () => {
    const four = await open("udp://0.0.0.0:0");
    const six = await open(`udp://[::]:${four.port}`);
    const texts = Promise.all([nextText(four), nextText(six)]);
    sendHere("udp4", "127.0.0.1", four.port, "four");
    sendHere("udp6", "::1", six.port, "six");
    expect(await texts).toEqual(["four", "six"]);
  });

  test("a listener on a broadcast address receives", async () => {
    const listener = await open("udp://127.255.255.255:0");
    const text = nextText(listener);
    sendHere("udp4", "127.255.255.255", listener.port, "to all");
    expect(await text).toBe("to all");
  });

  test("a second binder of a unicast address is refused and told who has it", async () => {
    const { port } = await open("udp://127.0.0.1:0");
    await expect(open(`udp://127.0.0.1:${port}`)).rejects.toMatchObject({
      code: "ERR_LISTENER_BIND",
      message: `udp://127.0.0.1:${port}: cannot bind to 127.0.0.1 port ${port}: the address is in use by this process (EADDRINUSE)`,
    });
  });

  test("nor does one get in that allows address reuse", async () => {
    const { port } = await open("udp://127.0.0.1:0");
    const intruder = createSocket({ type: "udp4", reuseAddr: true });
    const outcome = Promise.withResolvers<unknown>();
    intruder.once("error", outcome.resolve).once("listening", () => outcome.resolve("it is bound too"));
    intruder.bind(port, "127.0.0.1");
    expect(await outcome.promise).toMatchObject({ code: "EADDRINUSE" });
    intruder.close();
  });

  testNative("beside a wildcard one address has a socket of ours, and no stranger's", async () => {
    const [wildcard, address] = parseListenerUrls(["udp://0.0.0.0:0", "udp://127.0.0.9:0"]);
    const whole = await openSocket(wildcard!, { interfaces: networkInterfaces(), sockets: socketsOf(path) });
    opened.push(whole);
    const { port } = whole;
    const special = { ...address!, port };
    const part = await openSocket(special, {
      interfaces: networkInterfaces(),
      sockets: socketsOf(path),
      beside: whole.native,
    });
    opened.push(part);
    const texts = Promise.all([nextText(whole), nextText(part)]);
    sendHere("udp4", "127.0.0.1", port, "to any");
    sendHere("udp4", "127.0.0.9", port, "to one");
    expect(await texts).toEqual(["to any", "to one"]);
    for (const taken of ["0.0.0.0", "127.0.0.9", "127.0.0.10"]) {
      const intruder = createSocket({ type: "udp4", reuseAddr: true });
      const outcome = once(intruder, "listening");
      intruder.bind(port, taken);
      await expect(outcome, taken).rejects.toMatchObject({ code: "EADDRINUSE" });
      intruder.close();
    }
  });

  testNative("nor at any moment while the two are opened", async () => {
    const { port, socket: former } = await open("udp://0.0.0.0:0");
    opened.pop();
    await new Promise<void>((resolve) => former.close(resolve));
    const calls = await loadSystemCalls();
    if ("missing" in calls) throw new Error(calls.missing);
    const errors: number[] = [];
    const intrude = (taken: string, port: number): void => {
      const fd = calls.socket(ADDRESS_FAMILY[4], SOCK_DGRAM, 0);
      calls.setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, Buffer.from([1, 0, 0, 0]), 4);
      const place = encodeSockaddr(4, taken, port, 0);
      errors.push(calls.bind(fd, place, place.length) === 0 ? 0 : calls.errno());
      calls.close(fd);
    };
    let bound = 0;
    const tryAll = (port: number): void => {
      for (const taken of ["0.0.0.0", "127.0.0.9", "127.0.0.10"]) intrude(taken, port);
    };
    const sockets = new NativeSockets({
      ...calls,
      bind(fd, place, bytes) {
        if (bound > 0) tryAll(bound);
        const result = calls.bind(fd, place, bytes);
        bound = port;
        return result;
      },
      setsockopt(...option) {
        if (bound > 0) tryAll(bound);
        return calls.setsockopt(...option);
      },
    });
    const [wildcard, address] = parseListenerUrls([`udp://0.0.0.0:${port}`, `udp://127.0.0.9:${port + 1}`]);
    const whole = await openSocket(wildcard!, { interfaces: networkInterfaces(), sockets });
    opened.push(whole);
    opened.push(
      await openSocket(
        { ...address!, port },
        { interfaces: networkInterfaces(), sockets, beside: whole.native },
      ),
    );
    expect(errors.length).toBeGreaterThan(0);
    expect(new Set(errors)).toEqual(new Set([EADDRINUSE]));
  });

  test("another program that has the port is named as it was called", async () => {
    const holder = spawn(process.execPath, ["-e", HOLD_A_PORT], { stdio: ["pipe", "pipe", "inherit"] });
    const [port] = await once(holder.stdout, "data");
    await expect(open(`udp://127.0.0.1:${port}`)).rejects.toThrow(
      `in use by ${basename(process.execPath)} (process ${holder.pid})`,
    );
    holder.kill();
    await once(holder, "close");
  });

  test("a bind to an address of another host lists those of this one", async () => {
    await expect(open("udp://203.0.113.7:0")).rejects.toMatchObject({
      code: "ERR_LISTENER_BIND",
      message: expect.stringMatching(
        /cannot bind to 203\.0\.113\.7 port 0: 203\.0\.113\.7 is not an address of this host \(EADDRNOTAVAIL\); present are .*lo \(127\.0\.0\.1/,
      ),
    });
  });

  test("a bind to an address of this host that IPv6 has not found to be its own says that", async () => {
    const [config] = parseListenerUrls(["udp://[2001:db8::7]:0"]);
    const { lo } = networkInterfaces();
    const tentative = { eth0: [{ ...lo![0]!, address: "2001:db8::7" }] };
    await expect(
      openSocket(config!, { interfaces: tentative, sockets: socketsOf(path) }),
    ).rejects.toMatchObject({
      code: "ERR_LISTENER_BIND",
      message: expect.stringMatching(/2001:db8::7 cannot be used \(EADDRNOTAVAIL\): .*tentative, dadfailed/),
    });
  });

  test("a join on an interface that is not there names group and interface and lists those present", async () => {
    await expect(open("udp://239.192.47.47:0?interface=nope0")).rejects.toMatchObject({
      code: "ERR_MEMBERSHIP_JOIN",
      message: expect.stringMatching(
        /cannot join group 239\.192\.47\.47 on interface nope0: there is no interface nope0 that is up and has an address; present are .*lo \(127\.0\.0\.1/,
      ),
    });
  });

  test("the granted receive buffer is read back as payload, within the ceiling", async () => {
    const { buffer } = await open("udp://127.0.0.1:0?receiveBuffer=64KiB");
    expect(buffer).toMatchObject({ requestedBytes: 65_536, grantedBytes: 65_536 });
    const greedy = await open("udp://127.0.0.1:0?receiveBuffer=1GiB");
    // a privileged process goes beyond the ceiling on the native path (SO_RCVBUFFORCE)
    const isForced = path === "native" && greedy.buffer.grantedBytes > greedy.buffer.ceilingBytes!;
    expect(greedy.buffer.grantedBytes).toBe(isForced ? 2 ** 30 - 1 : greedy.buffer.ceilingBytes);
  });

  test("a group joined on the loopback interface is heard", async () => {
    const listener = await open("udp://239.77.0.1:0?interface=127.0.0.1");
    expect(listener.interface).toEqual({ name: "lo", address: "127.0.0.1" });
    const text = nextText(listener);
    const socket = createSocket("udp4");
    socket.bind(0, "127.0.0.1", () => {
      socket.setMulticastInterface("127.0.0.1");
      socket.send("group", listener.port, "239.77.0.1", () => socket.close());
    });
    expect(await text).toBe("group");
  });

  inNamespaces("unicast arrives between hosts", async () => {
    expect(await heard("udp://0.0.0.0:0", [{ to: "10.77.0.1", text: "one" }])).toEqual(["one"]);
  });

  inNamespaces("a wildcard listener and one on the subnet's broadcast address hear broadcasts", async () => {
    expect(await heard("udp://0.0.0.0:0", [{ to: "10.77.0.255", text: "all" }])).toEqual(["all"]);
    expect(await heard("udp://10.77.0.255:0", [{ to: "10.77.0.255", text: "all" }])).toEqual(["all"]);
  });

  inNamespaces("any-source multicast on a named interface is heard from every source", async () => {
    const sends = [
      { from: "10.77.0.2", to: "239.192.47.47", text: "a" },
      { from: "10.77.0.3", to: "239.192.47.47", text: "b" },
    ];
    expect(await heard("udp://239.192.47.47:0?interface=veth0", sends)).toEqual(["a", "b"]);
  });

  inNamespaces("an interface may be named by its address", async () => {
    const sends = [{ to: "239.192.47.47", text: "a" }];
    expect(await heard("udp://239.192.47.47:0?interface=10.77.0.1", sends)).toEqual(["a"]);
  });

  // node:dgram joins by address alone
  if (path !== "dgram") {
    inNamespaces(
      "a group is joined on the interface that was named, also when another one has its address",
      async () => {
        // as behind a load balancer that does not change addresses; an IPv4 address leads to the interface that got it last
        pair.near.run("ip", ["addr", "add", "10.77.0.1/32", "dev", "lo"]);
        try {
          const any = [{ to: "239.1.5.1", text: "any" }];
          expect(await heard("udp://239.1.5.1:0?interface=veth0", any)).toEqual(["any"]);
          const one = [{ from: "10.77.0.2", to: "232.1.5.1", text: "one" }];
          expect(await heard("udp://232.1.5.1:0?interface=veth0&source=10.77.0.2", one)).toEqual(["one"]);
        } finally {
          pair.near.run("ip", ["addr", "del", "10.77.0.1/32", "dev", "lo"]);
        }
      },
    );
  }

  inNamespaces("source-specific multicast hears its source and no other", async () => {
    const sends = [
      { from: "10.77.0.3", to: "232.1.2.3", text: "wrong" },
      { from: "10.77.0.2", to: "232.1.2.3", text: "right" },
    ];
    expect(await heard("udp://232.1.2.3:0?source=10.77.0.2&interface=10.77.0.1", sends)).toEqual(["right"]);
  });

  inNamespaces("IPv6 unicast and multicast arrive between hosts", async () => {
    const from = "fd77::2";
    expect(await heard("udp://[::]:0", [{ from, to: "fd77::1", text: "one" }])).toEqual(["one"]);
    expect(
      await heard("udp://[ff15::4747]:0?interface=veth0", [{ from, to: "ff15::4747", text: "g" }]),
    ).toEqual(["g"]);
    expect(
      await heard("udp://[ff02::4747]:0?interface=veth0", [{ from, to: "ff02::4747%veth0", text: "link" }]),
    ).toEqual(["link"]);
  });

  inNamespaces("IPv6 source-specific multicast hears its source and no other", async () => {
    const sends = (text: string) => [{ from: "fd77::2", to: "ff35::4747", text }];
    const url = "udp://[ff35::4747]:0?interface=veth0&source=";
    expect(await heard(`${url}fd77::2`, sends("right"))).toEqual(["right"]);
    const [groupPort, fencePort] = await near!.listen(`${url}fd77::9`, "udp://10.77.0.1:0");
    await far!.send({ from: "fd77::2", to: "ff35::4747", port: groupPort!, text: "wrong" });
    await far!.send({ from: "10.77.0.2", to: "10.77.0.1", port: fencePort!, text: "fence" });
    expect(await near!.heardUntil("fence")).toEqual([{ listener: 1, text: "fence" }]);
  });

  inNamespaces(
    "a group listener does not hear another group on its port that someone else joined",
    async () => {
      const [port] = await near!.listen("udp://239.1.1.1:0?interface=veth0");
      await other!.listen(`udp://239.1.1.2:${port}?interface=veth0`);
      await far!.send({ from: "10.77.0.2", to: "239.1.1.2", port: port!, text: "other" });
      await far!.send({ from: "10.77.0.2", to: "239.1.1.1", port: port!, text: "own" });
      expect(await near!.heardUntil("own")).toEqual([{ listener: 0, text: "own" }]);
      expect(await other!.heardUntil("other")).toEqual([{ listener: 0, text: "other" }]);
    },
  );

  inNamespaces.each([
    { group: "239.1.3.1", from: "10.77.0.2", fence: "10.77.0.1" },
    { group: "ff15::4748", from: "fd77::2", fence: "fd77::1" },
  ])(
    "one group on two interfaces: each listener hears its own only ($group)",
    async ({ group, from, fence }) => {
      const host = group.includes(":") ? `[${group}]` : group;
      const [lo, veth] = ["lo", "veth0"].map((name) => `udp://${host}:6002?interface=${name}`);
      const urls = [lo!, veth!, `udp://${fence.includes(":") ? `[${fence}]` : fence}:6003`];
      if (path === "dgram") {
        expect((await near!.failure(...urls)).message).toContain("needs the native receive path");
        return;
      }
      await near!.listen(...urls);
      await far!.send({ from, to: group, port: 6002, text: "by veth0" });
      await far!.send({ from, to: fence, port: 6003, text: "fence" });
      expect(await near!.heardUntil("fence")).toEqual([
        { listener: 1, text: "by veth0" },
        { listener: 2, text: "fence" },
      ]);
    },
  );

  test("two names of one interface are refused", async () => {
    const [config] = parseListenerUrls(
      ["lo", "127.0.0.1"].map((name) => `udp://239.77.0.2:6004?interface=${name}`),
    );
    await expect(
      openSocket(config!, { interfaces: networkInterfaces(), sockets: socketsOf(path) }),
    ).rejects.toMatchObject({
      code: "ERR_MEMBERSHIP_JOIN",
      message: expect.stringContaining(
        path === "native"
          ? "interface=127.0.0.1 of another listener is the same interface"
          : "needs the native receive path",
      ),
    });
  });

  inNamespaces("several listeners of every kind are up at once", async () => {
    const urls = [
      "udp://10.77.0.1:0",
      "udp://[fd77::1]:0",
      "udp://10.77.0.255:0",
      "udp://239.192.47.47:0?interface=veth0",
      "udp://232.1.2.3:0?source=10.77.0.2&interface=veth0",
      "udp://[ff15::4747]:0?interface=veth0",
    ];
    const targets = ["10.77.0.1", "fd77::1", "10.77.0.255", "239.192.47.47", "232.1.2.3", "ff15::4747"];
    const ports = await near!.listen(...urls);
    for (const [index, to] of targets.entries()) {
      const from = to.includes(":") ? "fd77::2" : "10.77.0.2";
      await far!.send({ from, to, port: ports[index]!, text: String(index) });
    }
    const all = await near!.heardUntil("5");
    expect(all.map(({ listener: index, text }) => `${index}:${text}`).sort()).toEqual(
      targets.map((_, index) => `${index}:${index}`),
    );
  });

  inNamespaces(
    "50 groups and 30 sources of one group, on one port and interface, are each heard once by their own listener",
    async () => {
      const groups = Array.from({ length: 50 }, (_, index) => `239.1.2.${index}`);
      const sources = Array.from({ length: 30 }, (_, index) => `10.77.0.${100 + index}`);
      for (const source of sources) {
        pair.far.run("ip", ["address", "replace", `${source}/24`, "dev", "veth0"]);
      }
      await near!.listen(
        ...groups.map((group) => `udp://${group}:6001?interface=veth0`),
        ...sources.map((source) => `udp://232.1.2.3:6001?interface=veth0&source=${source}`),
        "udp://10.77.0.1:6001",
      );
      const sends = [
        ...groups.map((to) => ({ from: "10.77.0.2", to })),
        ...sources.map((from) => ({ from, to: "232.1.2.3" })),
        { from: "10.77.0.3", to: "232.1.2.3" },
        { from: "10.77.0.2", to: "10.77.0.1" },
      ];
      for (const [index, send] of sends.entries()) {
        await far!.send({ ...send, port: 6001, text: String(index) });
      }
      const heardOnce = [...groups, ...sources].map((_, index) => ({ listener: index, text: String(index) }));
      // the stranger to the group is heard by nobody; the last one is the fence
      const fence = { listener: heardOnce.length, text: String(sends.length - 1) };
      const all = await near!.heardUntil(fence.text);
      expect(all.toSorted((a, b) => a.listener - b.listener)).toEqual([...heardOnce, fence]);
    },
  );

  inNamespaces("a join without interface and without a multicast route says so", async () => {
    const failure = await near!.failure("udp://239.192.47.47:0");
    expect(failure).toEqual({
      line: "failed",
      code: "ERR_MEMBERSHIP_JOIN",
      message:
        "udp://239.192.47.47:0: cannot join group 239.192.47.47 on an interface of the system's choice: no multicast route leads to the group (ENODEV); name an interface with interface=",
    });
  });
});
