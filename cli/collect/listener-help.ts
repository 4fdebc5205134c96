import { wrapped } from "../terminal/terminal.ts";

/** The options of a listener's URL: for `collect --help` and docs/configuration.md, which is made from it. */
export const LISTENER_URL_OPTIONS: readonly { example: string; meaning: string }[] = [
  {
    example: "interface=eth0",
    meaning: "join the group on this interface (name or address); give it wherever a host has several",
  },
  {
    example: "source=10.0.0.9",
    meaning: "source-specific multicast: receive the group from this sender only",
  },
  { example: "format=auto", meaning: "`auto` (by the first byte of each datagram), `lacuna` or `json`" },
  {
    example: "receiveBuffer=8MiB",
    meaning: "receive buffer to ask the system for; what it granted is in `/api/v1/status`",
  },
  {
    example: "recovery=off",
    meaning:
      "`on`, the default: senders of the binary format are asked to send again what is missing (NACK, from this listener's port); `off`: nothing is ever sent",
  },
  {
    example: "path=A",
    meaning:
      "names the path (network) of this listener: the first copy by another path is `redundant`, not a duplicate; what each path brings is in `/api/v1/status`, and an event tells when one is dead",
  },
  {
    example: "silence=30s",
    meaning:
      "for a group: an event when nothing came for this long (1s to 7d), and one when it is heard again; default never",
  },
  {
    example: "optional=true",
    meaning:
      "a failed bind or join does not prevent the start, does not count for `/readyz`, and is tried again every 5 s",
  },
  {
    example: "enabled=false",
    meaning: "keeps the listener in the configuration without opening it; its state is `DISABLED`",
  },
];

const WIDTH = Math.max(...LISTENER_URL_OPTIONS.map(({ example }) => example.length));

/** before an example and before its meaning */
const SPACE = "  ";
const INDENT = " ".repeat(2 * SPACE.length + WIDTH);

const line = (example: string, meaning: string, width: number): string => {
  const lines = wrapped(meaning.replaceAll("`", ""), width - INDENT.length);
  return `${SPACE}${example.padEnd(WIDTH)}${SPACE}${lines.join(`\n${INDENT}`)}`;
};

/** What `collect --help` says at its end. @param width - characters a line may have */
export const listenerHelp = (width: number): string => `
${wrapped("Options of a listener's URL, after ? and joined by & (quote it in a shell):", width).join("\n")}
${LISTENER_URL_OPTIONS.map(({ example, meaning }) => line(example, meaning, width)).join("\n")}

Examples:
  lacuna collect --listen udp://0.0.0.0:5000 \\
    --db /var/lib/lacuna/lacuna.db --retention 30d
  lacuna collect --listen 'udp://[::]:4747' \\
    --listen 'udp://232.1.2.3:5000?source=10.0.0.9&interface=eth0'`;
