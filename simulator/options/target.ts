import { isIP } from "node:net";

/** Where datagrams go, as a URL says it. */
export interface Target {
  /** address or host name; without the brackets of IPv6 */
  host: string;
  port: number;
  /** name or address of the interface to send from (multicast, link-local); null = the system chooses */
  interface: string | null;
  /** local address to send from (source-specific multicast); null = the system chooses */
  source: string | null;
  /** multicast hops; null = the system's, normally 1 */
  ttl: number | null;
  /** multicast: whether this host hears itself */
  loop: boolean;
}

const TARGET_ACCEPTED =
  "udp://HOST:PORT with options after ?, such as udp://127.0.0.1:4747 or udp://239.192.47.47:4748?interface=eth0&ttl=1";

const SHAPE = /^udp:\/\/(\[[^\]]+\]|[^:/?#[\]]+):(\d{1,5})\/?(?:\?([^#]*))?$/;
const GREATEST_PORT = 65_535;

type OptionReader = (value: string, into: Target) => string | null;
const OPTIONS: Readonly<Record<string, OptionReader>> = {
  interface(value, into) {
    into.interface = value;
    return value === "" ? "interface= is empty; accepted is a name or an address" : null;
  },
  source(value, into) {
    into.source = value;
    return isIP(value) === 0 ? `source=${value} is not an address` : null;
  },
  ttl(value, into) {
    into.ttl = Number(value);
    const isFine = /^\d{1,3}$/.test(value) && into.ttl >= 1 && into.ttl <= 255;
    return isFine ? null : `ttl=${value} is out of range; accepted is 1 to 255`;
  },
  loop(value, into) {
    into.loop = value === "true";
    return value === "true" || value === "false" ? null : `loop=${value}: accepted is true or false`;
  },
};

const unknownOption = (name: string): string =>
  `${name}= is not an option of a target; accepted are ${Object.keys(OPTIONS).join(", ")}`;

/**
 * Read a target URL.
 * @returns the target, or null and one sentence per mistake
 */
export const parseTarget = (url: string): { target: Target | null; mistakes: string[] } => {
  const [, host, port, query] = SHAPE.exec(url) ?? [];
  if (host === undefined) {
    return { target: null, mistakes: [`${url} is not a target; accepted is ${TARGET_ACCEPTED}`] };
  }
  const mistakes: string[] = [];
  const target: Target = {
    host: host.replace(/^\[(.*)\]$/, "$1"),
    port: Number(port),
    interface: null,
    source: null,
    ttl: null,
    loop: true,
  };
  if (host.startsWith("[") && isIP(target.host) !== 6) mistakes.push(`${host} is not an IPv6 address`);
  if (target.port < 1 || target.port > GREATEST_PORT) mistakes.push(`port ${port} is not one of 1 to 65535`);
  for (const [name, value] of new URLSearchParams(query ?? "")) {
    const read = Object.hasOwn(OPTIONS, name) ? OPTIONS[name] : undefined;
    const mistake = read === undefined ? unknownOption(name) : read(value, target);
    if (mistake !== null) mistakes.push(mistake);
  }
  return { target: mistakes.length === 0 ? target : null, mistakes };
};
