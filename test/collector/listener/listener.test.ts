import { createSocket, type Socket } from "node:dgram";
import type { NetworkInterfaceInfo } from "node:os";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { KernelDrops } from "../../../collector/listener/kernel-drops.ts";
import { Listener, REJOIN_MS, RETRY_MS } from "../../../collector/listener/listener.ts";
import { type ListenerConfig, parseListenerUrl } from "../../../collector/listener/listener-url.ts";
import type { HostView } from "../../../collector/listener/lost-interface.ts";
import type { OpenedSocket } from "../../../collector/listener/open-socket.ts";
import type { Sharing } from "../../../collector/listener/sharing.ts";
import type { NativeSocket } from "../../../collector/receive/native-socket.ts";
import { LacunaError } from "../../../common/errors.ts";
import { ManualClock } from "../../support/manual-clock.ts";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

/** A native socket the kernel answers for: so much waits, 4 were dropped. */
const nativeSocket = (queuedBytes: number): NativeSocket =>
  ({ readMemory: () => true, queuedBytes, kernelDrops: 4 }) as unknown as NativeSocket;

const address = { address: "10.0.0.2", family: "IPv4" } as NetworkInterfaceInfo;
const THERE: HostView = { interfaces: { eth0: [address] }, memberships: () => null };
const GONE: HostView = { interfaces: {}, memberships: () => null };

interface SetUpOptions {
  answers?: number;
  sharing?(): Sharing;
}

const setUp = (url: string, outcomes: (LacunaError | "opens")[], { answers, sharing }: SetUpOptions = {}) => {
  const config = parseListenerUrl(url).listener!;
  const changes: string[] = [];
  const attached = new Set<Socket>();
  const sockets: Socket[] = [];
  const asked: Sharing[] = [];
  const host = { now: THERE };
  const open = async (_: ListenerConfig, how: Sharing): Promise<OpenedSocket> => {
    asked.push(how);
    const outcome = outcomes.shift() ?? "opens";
    if (outcome !== "opens") throw outcome;
    const socket = createSocket("udp4");
    sockets.push(socket);
    const buffer = { requestedBytes: 8, grantedBytes: 4, ceilingBytes: null };
    const native = answers === undefined ? null : nativeSocket(answers);
    const on = config.interface === null ? null : { name: config.interface, address: "10.0.0.2" };
    return { socket, native, address: config.address, port: 4747, interface: on, buffer };
  };
  const listener = new Listener(0, config, {
    clock: new ManualClock(),
    sockets: null,
    receiver: {
      path: "dgram",
      attach: (_index, socket) => void attached.add(socket),
      detach: (socket) => void attached.delete(socket),
      probe: () => {},
      drainedAtMs: () => 0,
      readUntilMs: () => 0,
      drain: async () => {},
    },
    kernelDrops: new KernelDrops({ sockets: () => null, ownInodes: () => new Set() }),
    onChange: ({ state, reason }) => changes.push(`${state}: ${reason}`),
    open,
    host: () => host.now,
    ...(sharing === undefined ? {} : { sharing }),
  });
  return { listener, changes, attached, sockets, asked, host };
};

const inUse = new LacunaError("ERR_LISTENER_BIND", "in use");

test("a listener that opens is OK and read", async () => {
  const { listener, changes, attached } = setUp("udp://127.0.0.1:4747", []);
  expect(await listener.start()).toBeNull();
  expect(changes).toEqual(["OK: bound to 127.0.0.1:4747"]);
  expect(attached.size).toBe(1);
  expect(listener.status()).toMatchObject({ state: "OK", port: 4747, kernelDrops: null });
  listener.stop();
  expect(attached.size).toBe(0);
});

test("what waits in the socket is told on the scale of the buffer, in whole bytes", async () => {
  const { listener } = setUp("udp://127.0.0.1:4747", [], { answers: 1537 });
  await listener.start();
  expect(listener.status()).toMatchObject({ receiveQueueBytes: 769, kernelDrops: 4 });
  listener.stop();
  expect(listener.status()).toMatchObject({ receiveQueueBytes: null, kernelDrops: 4 });
});

test("a listener joined without a named interface says that the system chose", async () => {
  const { listener, changes } = setUp("udp://239.1.1.1:4747", []);
  await listener.start();
  expect(changes).toEqual(["OK: bound to 239.1.1.1:4747, joined on the interface the system chose"]);
  listener.stop();
});

test("a listener that must be up hands its error to the start and does not try again", async () => {
  const { listener, changes } = setUp("udp://127.0.0.1:4747", [inUse]);
  expect(await listener.start()).toBe(inUse);
  await vi.advanceTimersByTimeAsync(10 * RETRY_MS);
  expect(changes).toEqual(["UNAVAILABLE: in use"]);
});

test("whether other workers share its address is asked anew at each attempt", async () => {
  // the address is not the host's at first
  const answers: Sharing[] = ["none", "first"];
  const { listener, asked } = setUp("udp://10.0.0.9:4747?optional=true", [inUse], {
    sharing: () => answers.shift()!,
  });
  await listener.start();
  await vi.advanceTimersByTimeAsync(RETRY_MS);
  expect(listener.state).toBe("OK");
  expect(asked).toEqual(["none", "first"]);
  listener.stop();
});

test("an optional listener is UNAVAILABLE, tried every 5 s and OK when it comes up", async () => {
  const { listener, changes } = setUp("udp://127.0.0.1:4747?optional=true", [inUse, inUse]);
  expect(await listener.start()).toBeNull();
  await vi.advanceTimersByTimeAsync(RETRY_MS);
  expect(changes).toEqual(["UNAVAILABLE: in use"]);
  await vi.advanceTimersByTimeAsync(RETRY_MS);
  expect(changes).toEqual(["UNAVAILABLE: in use", "OK: bound to 127.0.0.1:4747"]);
  listener.stop();
});

test("a stopped listener is not tried again", async () => {
  const { listener, changes } = setUp("udp://127.0.0.1:4747?optional=true", [inUse]);
  await listener.start();
  listener.stop();
  await vi.advanceTimersByTimeAsync(10 * RETRY_MS);
  expect(changes).toEqual(["UNAVAILABLE: in use"]);
});

test.each([
  ["its socket is closed unread", "opens" as const],
  ["it is not tried again", inUse],
])("a listener that is stopped while it opens stays closed: %s", async (_, outcome) => {
  const { listener, attached, sockets, asked } = setUp("udp://127.0.0.1:4747?optional=true", [outcome]);
  const starting = listener.start();
  listener.stop();
  expect(await starting).toBeNull();
  await vi.advanceTimersByTimeAsync(10 * RETRY_MS);
  expect([asked.length, attached.size]).toEqual([1, 0]);
  for (const socket of sockets) expect(() => socket.address()).toThrow("Not running");
});

test("a listener the operator disabled is never opened", async () => {
  const { listener, changes, attached } = setUp("udp://127.0.0.1:4747?enabled=false", []);
  await listener.start();
  expect(changes).toEqual(["DISABLED: disabled by enabled=false"]);
  expect(attached.size).toBe(0);
});

test("a socket that breaks is FAILED, closed and no longer read", async () => {
  const { listener, changes, attached, sockets } = setUp("udp://127.0.0.1:4747", []);
  await listener.start();
  sockets[0]!.emit("error", new Error("ENOMEM"));
  expect(changes.at(-1)).toBe("FAILED: the socket broke: ENOMEM");
  expect(attached.size).toBe(0);
  expect(() => sockets[0]!.address()).toThrow("Not running");
});

const gone =
  "UNAVAILABLE: interface eth0 is gone, down or without an IPv4 address; it is tried again every second";
const joined = "OK: bound to 239.1.1.1:4747, joined on eth0 (10.0.0.2)";

test("a group whose interface went away is closed, tried every second and OK when it is back", async () => {
  const noInterface = new LacunaError("ERR_MEMBERSHIP_JOIN", "there is no interface eth0");
  const { listener, changes, attached, host } = setUp("udp://239.1.1.1:4747?interface=eth0", [
    "opens",
    noInterface,
  ]);
  await listener.start();
  listener.check(THERE);
  expect(changes).toEqual([joined]);
  host.now = GONE;
  listener.check(GONE);
  listener.check(GONE);
  await vi.advanceTimersByTimeAsync(REJOIN_MS);
  expect(attached.size).toBe(0);
  expect(changes).toEqual([joined, gone]);
  host.now = THERE;
  await vi.advanceTimersByTimeAsync(REJOIN_MS);
  expect(changes).toEqual([joined, gone, joined]);
  expect(attached.size).toBe(1);
  listener.stop();
});

test("a group whose interface is back and that still cannot be opened says why", async () => {
  const { listener, changes } = setUp("udp://239.1.1.1:4747?interface=eth0", ["opens", inUse, inUse]);
  await listener.start();
  listener.check(GONE);
  await vi.advanceTimersByTimeAsync(2 * REJOIN_MS);
  expect(changes).toEqual([joined, gone, "UNAVAILABLE: in use"]);
  await vi.advanceTimersByTimeAsync(REJOIN_MS);
  expect(changes).toEqual([joined, gone, "UNAVAILABLE: in use", joined]);
  listener.stop();
});

test("a listener that is stopped while its interface is away is not opened again", async () => {
  const { listener, changes, attached } = setUp("udp://239.1.1.1:4747?interface=eth0", []);
  await listener.start();
  listener.check(GONE);
  listener.stop();
  await vi.advanceTimersByTimeAsync(10 * REJOIN_MS);
  expect(changes).toEqual([joined, gone]);
  expect(attached.size).toBe(0);
});

test("the socket of an address that went away stays, and is OK again with it", async () => {
  const { listener, changes, attached } = setUp("udp://10.0.0.2:4747", []);
  await listener.start();
  listener.check(GONE);
  expect(listener.state).toBe("UNAVAILABLE");
  expect(attached.size).toBe(1);
  listener.check(THERE);
  expect(changes).toEqual([
    "OK: bound to 10.0.0.2:4747",
    "UNAVAILABLE: no interface that is up has the address 10.0.0.2 any more",
    "OK: bound to 10.0.0.2:4747",
  ]);
  listener.stop();
});
