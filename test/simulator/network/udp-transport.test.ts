import type { Socket } from "node:dgram";
import { EventEmitter } from "node:events";
import { expect, test } from "vitest";
import { UdpTransport } from "../../../simulator/network/udp-transport.ts";

/** A socket of a system that has no room, and that refuses to be used once it is closed. */
class FullSocket extends EventEmitter {
  sent = 0;
  #isClosed = false;

  send(...given: unknown[]): void {
    if (this.#isClosed) throw new Error("Not running");
    this.sent++;
    const done = given.at(-1) as (error: Error) => void;
    process.nextTick(() => done(Object.assign(new Error("no room"), { code: "ENOBUFS" })));
  }

  close(): void {
    this.#isClosed = true;
    process.nextTick(() => this.emit("close"));
  }
}

test("what the system has no room for is sent again, until the transport is closed", async () => {
  const socket = new FullSocket();
  const transport = new UdpTransport([socket as unknown as Socket], "127.0.0.1", 4747, 64);
  transport.send(transport.take()!, 8, 0);
  await expect.poll(() => socket.sent).toBeGreaterThan(2);
  await transport.close();
  const { sent } = socket;
  await new Promise((resolve) => setTimeout(resolve, 20));
  expect(socket.sent).toBe(sent);
});

/** A socket whose calls end in turn with these codes; "" = sent. */
const socketOf = (...codes: string[]): Socket => {
  const socket = new EventEmitter();
  const send = (...given: unknown[]): void => {
    const done = given.at(-1) as (error: Error | null) => void;
    const code = codes.shift() ?? "";
    process.nextTick(() => done(code === "" ? null : Object.assign(new Error(code), { code })));
  };
  return Object.assign(socket, { send }) as unknown as Socket;
};

test("what there was no room for is sent in the end, and told nobody", async () => {
  const transport = new UdpTransport([socketOf("", "ENOBUFS", "ENOMEM", "")], "127.0.0.1", 4747, 64);
  transport.onRefused(() => expect.unreachable());
  for (let count = 0; count < 2; count++) transport.send(transport.take()!, 8, 0);
  await transport.flush();
});

test("the datagrams of one lane leave from one socket, those of the lanes from all", async () => {
  const sent: number[][] = [[], []];
  const sockets = sent.map((lanes) => {
    const send = (bytes: Uint8Array, ...given: unknown[]): void => {
      lanes.push(bytes[0]!);
      process.nextTick(given.at(-1) as (error: null) => void, null);
    };
    return Object.assign(new EventEmitter(), { send }) as unknown as Socket;
  });
  const transport = new UdpTransport(sockets, "127.0.0.1", 4747, 64);
  for (const lane of [0, 1, 2, 3, 2, 1]) {
    const slot = transport.take()!;
    slot.bytes[0] = lane;
    transport.send(slot, 8, lane);
  }
  await transport.flush();
  expect(sent).toEqual([
    [0, 2, 2],
    [1, 3, 1],
  ]);
});

test.each(["ENETUNREACH", "EPERM", "ENETDOWN", "EACCES", "EINVAL"])(
  "a target that is no longer reached (%s) refuses single datagrams, each is told, and the next ones leave",
  async (code) => {
    const transport = new UdpTransport([socketOf("", code, "")], "127.0.0.1", 4747, 64);
    const refused: number[] = [];
    transport.onRefused(({ bytes }) => refused.push(bytes[0]!));
    for (const number of [1, 2, 3]) {
      const slot = transport.take()!;
      slot.bytes[0] = number;
      transport.send(slot, 8, 0);
    }
    await transport.flush();
    expect(refused).toEqual([2]);
  },
);

test.each([["ENETUNREACH"], ["", "EMSGSIZE"]])(
  "a target that was never reached, or what can never be sent, is an error: %s %s",
  async (...codes) => {
    const transport = new UdpTransport([socketOf(...codes)], "127.0.0.1", 4747, 64);
    for (const _ of codes) transport.send(transport.take()!, 8, 0);
    await expect(transport.flush()).rejects.toMatchObject({ code: "ERR_SEND" });
  },
);
