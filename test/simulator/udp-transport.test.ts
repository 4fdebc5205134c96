import type { Socket } from "node:dgram";
import { EventEmitter } from "node:events";
import { expect, test } from "vitest";
import { UdpTransport } from "../../simulator/udp-transport.ts";

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
