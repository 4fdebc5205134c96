import { LISTENER_URL_OPTIONS } from "../../cli/listener-help.ts";
import { COLLECT_OPTIONS } from "../../cli/options.ts";
import { envNameOf, flagOf, type Schema } from "../../common/config.ts";
import { defaultLine } from "../../common/config-file.ts";
import type { Option } from "../../common/options.ts";

const cell = (text: string): string => text.replaceAll("|", "\\|");

const row = (option: Option<unknown>): string => {
  const key = option.inFile ? `\`${option.key}\`` : "–";
  const names = [
    key,
    `\`${flagOf(option.key)}\``,
    `\`${envNameOf(option.key)}\``,
    option.defaultText === "" ? "none" : `\`${option.defaultText}\``,
  ];
  return `| ${[...names, cell(option.accepted), cell(option.doc)].join(" | ")} |`;
};

/** docs/configuration.md, made from the schema of the options. */
export const configurationPage = (schema: Schema = COLLECT_OPTIONS): string => {
  const options = Object.values(schema);
  return `# Configuration

\`lacuna collect\` takes each option from, in rising order of strength: its default, a TOML file (\`--config FILE\`, else \`./lacuna.toml\` when there
is one), the environment, a flag. A stronger source replaces a list, it does not add to it. All mistakes are reported at once, each with
key, value and what is accepted; unknown keys and unknown \`LACUNA_…\` variables are mistakes too. Exit code 78, or 2 when only flags were wrong.
In the environment a list is split at commas and spaces. Sizes and durations carry a unit: \`8MiB\`, \`10GB\`; \`500ms\`, \`30d\`.

This page is made from the schema in \`cli/options.ts\`.

| file | flag | environment | default | accepted | meaning |
| --- | --- | --- | --- | --- | --- |
${options.map(row).join("\n")}

A file that says what the defaults say (\`lacuna init\` writes it, with an explanation of each option):

\`\`\`toml
${options
  .filter((option) => option.inFile)
  .map(defaultLine)
  .join("\n")}
\`\`\`

## Access

\`localhost\` in \`http\` is 127.0.0.1. Without a token the API listens on loopback only: another address in \`http\` is refused. \`lacuna token --name grafana\` prints a token, once, and its line for \`token\`, which holds a hash. With
tokens every question for data (\`/api/…\`, \`/metrics\`) needs one, on loopback too: \`Authorization: Bearer TOKEN\`. Scope \`read\` may ask everything, \`admin\` may change things too; nothing can be changed yet.

Without a token only requests whose \`Host\` is \`localhost\`, \`*.localhost\`, 127.0.0.0/8 or \`[::1]\`, with any port, are answered, on every route; others are 421: a web page whose name was made to resolve to 127.0.0.1 (DNS rebinding) reads nothing. A port forwarded by \`ssh -L\` is \`localhost\`. A reverse proxy
either sends such a \`Host\` (nginx does by itself, with Caddy \`header_up Host {upstream_hostport}\`), or a token is configured.

With \`tlsCert\` and \`tlsKey\` the server speaks HTTPS only. SIGHUP reads both files again; when they are no pair the former ones stay and the log says so.

## Listener URLs

\`udp://ADDRESS:PORT\`, IPv6 in brackets, then options after \`?\`, joined by \`&\`:

| option | meaning |
| --- | --- |
${LISTENER_URL_OPTIONS.map(({ example, meaning }) => `| \`${example}\` | ${meaning} |`).join("\n")}

A wildcard listener and a group listener of one family cannot share a port: every datagram of the group would arrive twice. One group on two interfaces, or with two sources, is two listeners;
[paths.md](paths.md) has two networks that carry the same datagrams.

An IPv6 listener hears IPv6 only, \`udp://[::]:4747\` too: for both families give \`udp://0.0.0.0:4747\` and \`udp://[::]:4747\`.

Once a second a listener is compared with the host. When its interface is gone, down or without address, was deleted and made again (it has another index then, and the old membership, or a socket on a link-local address,
leads nowhere), or when the kernel no longer lists its membership, it is \`UNAVAILABLE\` with the reason, an event says so, its socket is read empty and closed, and every second a new one is tried until it is \`OK\` again: no restart is needed. What was sent meanwhile is lost like
anything else. A listener on an address keeps its socket, which hears again when the address is back. A group joined without \`interface=\` is joined anew only when no interface has its membership any more: name the interface.

Of a source-specific listener a datagram from another sender is rejected as \`crosstalk\`. On the native receive path the kernel keeps groups that other programs joined, and groups that arrive on other interfaces, away from every socket
(\`IP_MULTICAST_ALL\` off); with \`receive = "dgram"\` every listener hears what goes to its address and port, whoever joined it and where. An IPv6 group that
another program joined on another interface is heard from there too, unless a second listener has it on that interface. Where two interfaces have one IPv4 address, \`interface=\` needs the native path: \`node:dgram\` joins by address, on either of them. \`silence=30s\` makes the events \`group-silent\` and \`group-heard\`.

Each listener has a socket of its own, with one membership and at most one source. So the limits Linux sets per socket (\`net.ipv4.igmp_max_memberships\`, 20, and
\`net.ipv4.igmp_max_msf\`, 10) do not bound how many groups, or sources of one group, can be heard: give one URL for each.
`;
};
