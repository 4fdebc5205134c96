/** The options of a listener's URL: for `collect --help` and docs/configuration.md, which is made from it. */
export const LISTENER_URL_OPTIONS: readonly { example: string; meaning: string }[] = [
  {
    example: "interface=eth0",
    meaning: "join the group on this interface (name or address); needed wherever a host has several",
  },
  {
    example: "source=10.0.0.9",
    meaning: "source-specific multicast: hear the group from this sender only",
  },
  { example: "format=auto", meaning: "`auto` (by the first byte of each datagram), `lacuna` or `json`" },
  {
    example: "receiveBuffer=8MiB",
    meaning: "socket buffer asked for; what the system granted is in `/api/v1/status`",
  },
  {
    example: "recovery=off",
    meaning:
      "`on`, the default: senders of the native format are asked again for what is missing (NACK, from this listener's port); `off`: nothing is ever sent",
  },
  {
    example: "path=A",
    meaning:
      "names a path: the first copy that comes by another path is `redundant`, not a duplicate; what each path brings is in `/api/v1/status`, a dead one is an event",
  },
  {
    example: "silence=30s",
    meaning:
      "of a group: an event when nothing came for so long (1s to 7d), and one when it is heard again; default never",
  },
  {
    example: "optional=true",
    meaning:
      "a failed bind or join does not stop the start and does not count for `/readyz`; it is tried again every 5 s",
  },
  {
    example: "enabled=false",
    meaning: "keeps the listener in the configuration without opening it; state `DISABLED`",
  },
];

const WIDTH = Math.max(...LISTENER_URL_OPTIONS.map(({ example }) => example.length));

/** What `collect --help` says at its end. */
export const listenerHelp = (): string => `
Options of a listener's URL, after ? and joined by & (quote it in a shell):
${LISTENER_URL_OPTIONS.map(({ example, meaning }) => `  ${example.padEnd(WIDTH)}  ${meaning.replaceAll("`", "")}`).join("\n")}

Examples:
  lacuna collect --listen udp://0.0.0.0:5000 --db /var/lib/lacuna/lacuna.db --retention 30d
  lacuna collect --listen 'udp://[::]:4747' --listen 'udp://232.1.2.3:5000?source=10.0.0.9&interface=eth0'`;
