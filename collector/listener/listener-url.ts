import { isIPv4, isIPv6 } from "node:net";
import { isGroup } from "../../common/addresses.ts";
import { DURATION_ACCEPTED, parseDurationMs } from "../../common/duration.ts";
import { codeOf, LacunaError } from "../../common/errors.ts";
import { parseSizeBytes, SIZE_ACCEPTED } from "../../common/size.ts";
import { FORMATS, type Format } from "../../protocol/decode.ts";

/** One listener as its URL describes it (docs/configuration.md, "Listener URLs"). */
export interface ListenerConfig {
  /** as given */
  url: string;
  /** `address` is a unicast or a broadcast address: which of the two only the host's netmasks tell */
  kind: "wildcard" | "address" | "group";
  family: 4 | 6;
  /** canonical text of the address or group */
  address: string;
  /** 0 asks for any free port */
  port: number;
  /** source-specific multicast: the only sender to hear (RFC 4607); null = any */
  source: string | null;
  /** name or address of the interface to join on; null = the system chooses */
  interface: string | null;
  /** what its datagrams are decoded as */
  format: Format;
  receiveBufferBytes: number;
  /** senders of the native format are asked again for what is missing (NACK) */
  recovery: boolean;
  /** name of the path copies arrive by; null = the common one */
  path: string | null;
  /** `interface=` of the listeners that hear the same group and port on other interfaces: each must get only what its own brings */
  twins: readonly string[];
  /** an event when the group is silent for so long, milliseconds; null = never */
  silenceMs: number | null;
  /** a failed bind or join does not stop the start */
  optional: boolean;
  /** false: kept in the configuration, not opened */
  enabled: boolean;
}

export const DEFAULT_RECEIVE_BUFFER_BYTES = 8 * 2 ** 20;
const SMALLEST_RECEIVE_BUFFER_BYTES = 4096;
const GREATEST_RECEIVE_BUFFER_BYTES = 2 ** 30;
const SHORTEST_SILENCE_MS = 1000;
const LONGEST_SILENCE_MS = 7 * 86_400_000;
const URL_SHAPE = /^udp:\/\/(\[[^\]]*\]|[^:/?#[\]]*)(?::([^/?#:]*))?\/?(?:\?([^#]*))?$/;
const URL_ACCEPTED =
  "udp://ADDRESS:PORT with options after ?, such as udp://0.0.0.0:4747, udp://[::]:4747 or udp://239.192.47.47:4747?interface=eth0";
const PATH_NAME = /^[A-Za-z0-9_-]{1,32}$/;

type Mistake = (sentence: string) => void;
type OptionReader = (value: string, into: ListenerConfig, mistake: Mistake) => void;

const readFlag = (name: "optional" | "enabled"): OptionReader => {
  return (value, into, mistake) => {
    if (value !== "true" && value !== "false") {
      mistake(`${name}=${value} is not a yes or no; accepted is ${name}=true or ${name}=false`);
    }
    into[name] = value === "true";
  };
};

const OPTIONS: Readonly<Record<string, OptionReader>> = {
  interface(value, into, mistake) {
    if (value === "") {
      mistake("interface= is empty; accepted is an interface's name or address, such as interface=eth0");
    }
    into.interface = value;
  },
  source(value, into, mistake) {
    // the interface is named by interface=, and what comes has the zone of that one (crosstalk.ts)
    const isAddress = into.family === 4 ? isIPv4(value) : isIPv6(value) && !value.includes("%");
    if (!isAddress || isGroup(value)) {
      const accepted =
        into.family === 4
          ? "IPv4 address, such as source=10.0.0.9"
          : "IPv6 address without a zone, such as source=2001:db8::9";
      mistake(`source=${value} is not a sender's ${accepted}`);
      return;
    }
    into.source = canonicalAddress(value);
  },
  format(value, into, mistake) {
    const format = FORMATS.find((name) => name === value);
    if (format === undefined) mistake(`format=${value} is not known; accepted is ${FORMATS.join(", ")}`);
    else into.format = format;
  },
  receiveBuffer(value, into, mistake) {
    try {
      into.receiveBufferBytes = parseSizeBytes(value);
    } catch (error) {
      if (codeOf(error) !== "ERR_SIZE") throw error;
      mistake(`receiveBuffer=${value} is not a size; accepted is ${SIZE_ACCEPTED}`);
      return;
    }
    const bytes = into.receiveBufferBytes;
    if (bytes < SMALLEST_RECEIVE_BUFFER_BYTES || bytes > GREATEST_RECEIVE_BUFFER_BYTES) {
      mistake(`receiveBuffer=${value} is out of range; accepted is 4KiB to 1GiB`);
    }
  },
  path(value, into, mistake) {
    if (!PATH_NAME.test(value)) {
      mistake(`path=${value} is not a name; accepted are 1 to 32 letters, digits, "-" and "_"`);
    }
    into.path = value;
  },
  silence(value, into, mistake) {
    try {
      into.silenceMs = parseDurationMs(value);
    } catch {
      mistake(`silence=${value} is not a duration; accepted is ${DURATION_ACCEPTED}`);
      return;
    }
    if (into.silenceMs < SHORTEST_SILENCE_MS || into.silenceMs > LONGEST_SILENCE_MS) {
      mistake(`silence=${value} is out of range; accepted is 1s to 7d`);
    }
  },
  recovery(value, into, mistake) {
    if (value !== "on" && value !== "off") {
      mistake(`recovery=${value} is not a switch; accepted is recovery=on or recovery=off`);
    }
    into.recovery = value === "on";
  },
  optional: readFlag("optional"),
  enabled: readFlag("enabled"),
};

/** One spelling per IPv6 address (RFC 5952), so that equal ones compare equal. */
const canonicalAddress = (address: string): string =>
  isIPv4(address) ? address : new URL(`http://[${address}]`).hostname.slice(1, -1);

/**
 * Read one listener URL.
 * @returns the listener, or null and one sentence per mistake, each naming what was wrong and what is accepted
 */
export const parseListenerUrl = (url: string): { listener: ListenerConfig | null; mistakes: string[] } => {
  const mistakes: string[] = [];
  const mistake: Mistake = (sentence) => mistakes.push(`${url}: ${sentence}`);
  const [, host, port, query] = URL_SHAPE.exec(url) ?? [];
  if (host === undefined) {
    mistake(`not a listener URL; accepted is ${URL_ACCEPTED}`);
    return { listener: null, mistakes };
  }
  const listener: ListenerConfig = {
    url,
    ...readAddress(host, mistake),
    port: readPort(port, mistake),
    source: null,
    interface: null,
    format: "auto",
    receiveBufferBytes: DEFAULT_RECEIVE_BUFFER_BYTES,
    recovery: true,
    path: null,
    twins: [],
    silenceMs: null,
    optional: false,
    enabled: true,
  };
  readOptions(query ?? "", listener, mistake);
  checkOptionsFit(listener, mistake);
  return { listener: mistakes.length === 0 ? listener : null, mistakes };
};

const readAddress = (host: string, mistake: Mistake): Pick<ListenerConfig, "kind" | "family" | "address"> => {
  const isBracketed = host.startsWith("[");
  const text = isBracketed ? host.slice(1, -1) : host;
  if (isBracketed ? !isIPv6(text) || text.includes("%") : !isIPv4(text)) {
    mistake(
      `"${host}" is not an address; accepted is an IPv4 address such as 0.0.0.0, or an IPv6 address in brackets such as [::] (names are not looked up)`,
    );
    return { kind: "address", family: isBracketed ? 6 : 4, address: text };
  }
  const address = canonicalAddress(text);
  if (address.startsWith("::ffff:")) {
    mistake(`"${host}" is an IPv4 address in IPv6 form; write it as IPv4`);
  }
  const isWildcard = address === "0.0.0.0" || address === "::";
  return {
    kind: isWildcard ? "wildcard" : isGroup(address) ? "group" : "address",
    family: isBracketed ? 6 : 4,
    address,
  };
};

const readPort = (text: string | undefined, mistake: Mistake): number => {
  if (text === undefined || text === "") {
    mistake("the port is missing; accepted is 0 to 65535 after the address, such as udp://0.0.0.0:4747");
    return 0;
  }
  const port = Number(text);
  if (!/^\d+$/.test(text) || port > 65_535) mistake(`"${text}" is not a port; accepted is 0 to 65535`);
  return port;
};

const readOptions = (query: string, listener: ListenerConfig, mistake: Mistake): void => {
  const seen = new Set<string>();
  for (const [name, value] of new URLSearchParams(query)) {
    if (!Object.hasOwn(OPTIONS, name)) {
      mistake(`the option "${name}" is not known; accepted are ${Object.keys(OPTIONS).join(", ")}`);
    } else if (seen.has(name)) {
      mistake(`the option "${name}" is given twice; accepted is once`);
    } else {
      OPTIONS[name]!(value, listener, mistake);
    }
    seen.add(name);
  }
};

const checkOptionsFit = (listener: ListenerConfig, mistake: Mistake): void => {
  if (listener.interface === null && needsScope(listener)) {
    mistake(`${listener.address} exists once per link, so interface= must name one`);
  }
  if (listener.kind === "group") return;
  if (listener.silenceMs !== null) {
    mistake(`silence= needs a multicast group as address, and ${listener.address} is none`);
  }
  if (listener.source !== null) {
    mistake(`source= needs a multicast group as address, and ${listener.address} is none`);
  }
  if (listener.interface !== null && !needsScope(listener)) {
    mistake(
      `interface= needs a multicast group or a link-local IPv6 address, and ${listener.address} is neither; to listen on one interface only, listen on its address`,
    );
  }
};

/** Link-local addresses and interface-local and link-local groups of IPv6 mean something only together with an interface (RFC 4007). */
export const needsScope = ({ family, address }: Pick<ListenerConfig, "family" | "address">): boolean =>
  family === 6 && /^(fe[89ab]|ff.[12])/.test(address);

/** Every mistake in the listeners' URLs at once. Code `ERR_LISTENER_URL`. */
export class ListenerUrlError extends LacunaError {
  /** one sentence each */
  readonly mistakes: readonly string[];

  constructor(mistakes: readonly string[]) {
    super("ERR_LISTENER_URL", mistakes.join("\n"));
    this.mistakes = mistakes;
  }
}
