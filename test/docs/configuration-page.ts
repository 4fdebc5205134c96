import { LISTENER_URL_OPTIONS } from "../../cli/collect/listener-help.ts";
import { COLLECT_OPTIONS } from "../../cli/options/options.ts";
import { envNameOf, flagOf } from "../../common/config.ts";
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
export const configurationPage = (): string => {
  const options = Object.values(COLLECT_OPTIONS);
  return `# Configuration

\`lacuna collect\` takes each option from these sources, where a later one overrides an earlier one:

1. its default,
2. a TOML file: the one that \`--config FILE\` or \`LACUNA_CONFIG\` names, else \`./lacuna.toml\` when it exists,
3. the environment,
4. a flag.

A list replaces the list of an earlier source; it does not add to it. In the environment a list is split at commas and spaces. Sizes and durations carry a unit: \`8MiB\`, \`10GB\`; \`500ms\`, \`30d\`.

All mistakes are reported at once, each with key, value and what is accepted. Unknown keys and unknown \`LACUNA_…\` variables are mistakes too. The exit status is then 78, or 2 when only flags were wrong.

- [Options](#options), [access to the API](#access) (tokens, TLS, proxies), [listener URLs](#listener-urls)

## Options

This page is made from the schema in \`cli/options/options.ts\`.

| file | flag | environment | default | accepted | meaning |
| --- | --- | --- | --- | --- | --- |
${options.map(row).join("\n")}

The defaults as a file (\`lacuna init\` writes it, with an explanation of each option):

\`\`\`toml
${options
  .filter((option) => option.inFile)
  .map(defaultLine)
  .join("\n")}
\`\`\`

## Access

Who can do what, over HTTP and with datagrams: [security.md](security.md).

Without a token the API listens on loopback only: another address in \`http\` is refused (\`localhost\` there means 127.0.0.1).

### Tokens

\`lacuna token --name grafana\` prints a token, once, and its line for \`token\`, which holds only a hash. As soon as tokens are configured, every request for data (\`/api/…\`, \`/metrics\`) needs one, on loopback too:

\`\`\`sh
curl -H "Authorization: Bearer TOKEN" https://collector.example.org:8047/api/v1/ledger
LACUNA_API_TOKEN=TOKEN lacuna devices --api https://collector.example.org:8047
\`\`\`

Scope \`read\` may ask for everything; \`admin\` may also change things, but there is nothing to change yet.

### TLS

With \`tlsCert\` and \`tlsKey\` the server speaks HTTPS only. SIGHUP reads both files again; when they do not belong together, the former ones stay and the log says so.

The commands trust the certificates that Node trusts. For a certificate of your own authority, or a self-signed one, name its file: \`NODE_EXTRA_CA_CERTS=ca.pem lacuna devices --api …\`.

### Requests without a token

While no token is configured, \`Host\` must be \`localhost\`, \`*.localhost\`, an address in 127.0.0.0/8, or \`[::1]\`, with any port. A request with another \`Host\` is 421, on every route. So a web page whose name was made to resolve to 127.0.0.1 (DNS rebinding) reads nothing. Without \`Host\`, which only HTTP/1.0 may leave out and browsers never do, a request is answered.

- A port forwarded by \`ssh -L\` is reached as \`localhost\`, and works.
- A reverse proxy must send such a \`Host\`: nginx does by itself, Caddy with \`header_up Host {upstream_hostport}\`. Or configure a token.

## Listener URLs

\`udp://ADDRESS:PORT\`, IPv6 in brackets, then options after \`?\`, joined by \`&\`:

| option | meaning |
| --- | --- |
${LISTENER_URL_OPTIONS.map(({ example, meaning }) => `| \`${example}\` | ${meaning} |`).join("\n")}

- **One port.** A wildcard listener and a group listener of one family cannot share a port: every datagram of the group would arrive twice.
- **One group twice.** One group on two interfaces, or from two sources, is two listeners. For two networks that carry the same datagrams see [paths.md](paths.md).
- **IPv6.** An IPv6 listener, \`udp://[::]:4747\` too, receives IPv6 only: for both families give \`udp://0.0.0.0:4747\` and \`udp://[::]:4747\`.
- **Many groups.** Each listener has a socket of its own, with one membership and at most one source. So the limits that Linux sets per socket (\`net.ipv4.igmp_max_memberships\`, 20, and \`net.ipv4.igmp_max_msf\`, 10)
  do not limit how many groups, or sources of one group, can be received: give one URL for each.

### When an interface or a membership goes away

Once a second each listener is compared with the host. It becomes \`UNAVAILABLE\`, with the reason and an event, when

- its interface is gone, down or without an address,
- its interface was deleted and made again: it then has another index, and the old membership, or a socket on a link-local address, leads nowhere,
- the kernel no longer lists its membership.

Its socket is then read empty and closed, and every second a new one is tried until the listener is \`OK\` again: no restart is needed. What was sent meanwhile is lost like anything else.

A listener on an address of the host keeps its socket, which receives again when the address is back. A group that was joined without \`interface=\` is joined anew only when no interface has its membership any more: name the interface.

### Datagrams of others

- **Source-specific listeners** reject a datagram from another sender as \`crosstalk\`.
- **On the native receive path** the kernel keeps away from every socket the groups that other programs joined, and groups that arrive on other interfaces (\`IP_MULTICAST_ALL\` off). One exception: an IPv6 group that another program joined on another interface is received from there too, unless a
  second listener has the group on that interface.
- **With \`receive = "dgram"\`** a listener receives whatever goes to its address and port, whoever joined it and wherever.
- **Two interfaces with the same IPv4 address**: \`interface=\` tells them apart on the native path only; \`node:dgram\` joins by address, on either of them.
- **A silent group**: with \`silence=30s\` the events are \`group-silent\` and \`group-heard\`.
`;
};
