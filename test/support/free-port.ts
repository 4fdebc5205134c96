import { createSocket } from "node:dgram";
import { once } from "node:events";
import { type AddressInfo, createServer } from "node:net";

/** Below where systems take the ports from that nobody asked for by number: between a stop and the next start nobody else gets it. */
const FIRST = 10_000;
const LAST = 29_999;

const anyPort = (): number => FIRST + Math.floor(Math.random() * (LAST - FIRST + 1));

const isFree = async (port: number): Promise<boolean> => {
  const socket = createSocket("udp4").bind(port, "127.0.0.1");
  const server = createServer().listen(port, "127.0.0.1");
  const opened = await Promise.allSettled([once(socket, "listening"), once(server, "listening")]);
  socket.close();
  if ((server.address() as AddressInfo | null) !== null) await new Promise((closed) => server.close(closed));
  return opened.every(({ status }) => status === "fulfilled");
};

/** A port nobody uses on 127.0.0.1, neither for UDP nor for TCP: for processes that must come back on the same one. */
export const freePort = async (): Promise<number> => {
  for (;;) {
    const port = anyPort();
    if (await isFree(port)) return port;
  }
};
