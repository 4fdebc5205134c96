import { createSocket } from "node:dgram";
import { networkInterfaces } from "node:os";
import { createInterface } from "node:readline";
import { parseListenerUrls } from "../../collector/listener-conflicts.ts";
import { openSocket } from "../../collector/open-socket.ts";
import { loadNativeSockets, type NativeSockets } from "../../collector/receive/native-socket.ts";
import { codeOf, messageOf } from "../../common/errors.ts";

/**
 * A program for the inside of a network namespace: opens the listeners whose URLs are its arguments after the
 * receive path, and tells on standard output what
 * it hears, one JSON object per line. Each line on standard input is a datagram to send. Ends with its input.
 */
export interface ProbeSend {
  from: string;
  to: string;
  port: number;
  text: string;
}
export type ProbeLine =
  | { line: "opened"; ports: number[] }
  | { line: "failed"; code: string | undefined; message: string }
  | { line: "heard"; listener: number; text: string }
  | { line: "sent"; text: string };

const say = (line: ProbeLine): void => console.log(JSON.stringify(line));

const socketsOf = async (path: string | undefined): Promise<NativeSockets | null> => {
  const loaded = path === "native" ? await loadNativeSockets() : null;
  if (loaded !== null && "missing" in loaded) throw new Error(loaded.missing);
  return loaded;
};

const listen = async (path: string | undefined, urls: readonly string[]): Promise<number[]> => {
  const sockets = await socketsOf(path);
  const ports: number[] = [];
  for (const [listener, config] of parseListenerUrls(urls).entries()) {
    const { socket, port } = await openSocket(config, networkInterfaces(), sockets);
    socket.on("message", (message) => say({ line: "heard", listener, text: String(message) }));
    socket.unref();
    ports.push(port);
  }
  return ports;
};

const send = ({ from, to, port, text }: ProbeSend): void => {
  const socket = createSocket(from.includes(":") ? "udp6" : "udp4");
  socket.bind(0, from, () => {
    if (/^2(2[4-9]|3\d)\./.test(to)) socket.setMulticastInterface(from);
    if (to.startsWith("ff")) socket.setMulticastInterface("::%veth0");
    socket.setBroadcast(true);
    socket.send(text, port, to, (error) => {
      if (error !== null) throw error;
      say({ line: "sent", text });
      socket.close();
    });
  });
};

try {
  say({ line: "opened", ports: await listen(process.argv[2], process.argv.slice(3)) });
  for await (const line of createInterface({ input: process.stdin })) send(JSON.parse(line) as ProbeSend);
} catch (error) {
  say({ line: "failed", code: codeOf(error), message: messageOf(error) });
}
