import { once } from "node:events";
import { type AddressInfo, createServer } from "node:net";

/** A TCP port nobody uses on 127.0.0.1 at this moment: for a server that must come back on the same one. */
export const freeTcpPort = async (): Promise<number> => {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, "close");
  return port;
};
