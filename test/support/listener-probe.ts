import { createSocket } from "node:dgram";
import { networkInterfaces } from "node:os";
import { createInterface } from "node:readline";
import { parseListenerUrls } from "../../collector/listener/listener-conflicts.ts";
import { type OpenedSocket, openSocket } from "../../collector/listener/open-socket.ts";
import { loadNativeSockets, type NativeSockets } from "../../collector/receive/native-socket.ts";
import { codeOf, messageOf } from "../../common/errors.ts";

/**
 * A program for the inside of a network namespace; its argument is the receive path. Each line on standard input is something to do: open
 * listeners, send a datagram, close the listeners. Each line on standard output tells what came of it, or what a listener heard, as JSON. Ends with
 * its input.
 */
export interface ProbeSend {
  from: string;
  to: string;
  port: number;
  text: string;
}
export type ProbeCommand = { open: readonly string[] } | { send: ProbeSend } | "close";
export type ProbeLine =
  | { line: "opened"; ports: number[] }
  | { line: "failed"; code: string | undefined; message: string }
  | { line: "heard"; listener: number; text: string }
  | { line: "sent"; text: string }
  | { line: "closed" };

const say = (line: ProbeLine): void => console.log(JSON.stringify(line));

const socketsOf = async (path: string | undefined): Promise<NativeSockets | null> => {
  const loaded = path === "native" ? await loadNativeSockets() : null;
  if (loaded !== null && "missing" in loaded) throw new Error(loaded.missing);
  return loaded;
};

const sockets = await socketsOf(process.argv[2]);
const opened: OpenedSocket[] = [];

const close = (): void => {
  for (const { socket } of opened.splice(0)) socket.close();
};

const open = async (urls: readonly string[]): Promise<void> => {
  try {
    for (const [listener, config] of parseListenerUrls(urls).entries()) {
      const one = await openSocket(config, { interfaces: networkInterfaces(), sockets });
      one.socket.on("message", (message) => say({ line: "heard", listener, text: String(message) }));
      one.socket.unref();
      opened.push(one);
    }
    say({ line: "opened", ports: opened.map(({ port }) => port) });
  } catch (error) {
    close();
    say({ line: "failed", code: codeOf(error), message: messageOf(error) });
  }
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

const perform = async (command: ProbeCommand): Promise<void> => {
  if (command === "close") {
    close();
    say({ line: "closed" });
  } else if ("open" in command) await open(command.open);
  else send(command.send);
};

for await (const line of createInterface({ input: process.stdin })) await perform(JSON.parse(line));
