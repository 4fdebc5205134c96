import { createSocket } from "node:dgram";
import { once } from "node:events";

/** A UDP port nobody uses on 127.0.0.1 at this moment: for processes that must come back on the same one. */
export const freeUdpPort = async (): Promise<number> => {
  const socket = createSocket("udp4");
  socket.bind(0, "127.0.0.1");
  await once(socket, "listening");
  const { port } = socket.address();
  socket.close();
  await once(socket, "close");
  return port;
};
