import type { HostInterfaces } from "../../common/interfaces.ts";
import type { ListenerConfig } from "./listener-url.ts";

/**
 * How the socket of a listener lets those of other ingest workers bind the same address: `none` not at all; `first` it binds alone, so that a
 * stranger's socket is noticed, and lets them in then; `join` it is one of them (SO_REUSEPORT).
 */
export type Sharing = "none" | "first" | "join";

/** of a host with more addresses the others are served by the listener's own socket */
export const MOST_OWN_SOCKETS = 16;

/**
 * The addresses of a listener that each ingest worker can have a socket for: the kernel then spreads datagrams to them over the sockets by
 * source and port (SO_REUSEPORT). Unicast addresses of this host only: a broadcast or a datagram to a group reaches every socket that hears
 * it, and would be counted once by each. So of a wildcard listener broadcasts, and what comes to addresses that are new, reach its own
 * socket alone.
 * @returns none where the system does not spread datagrams so (not Linux): the listener's own socket is the only one then
 */
export const sharedAddresses = (
  { kind, family, address }: Pick<ListenerConfig, "kind" | "family" | "address">,
  interfaces: HostInterfaces,
  platform: NodeJS.Platform,
): string[] => {
  if (platform !== "linux" || kind === "group") return [];
  const own = Object.values(interfaces)
    .flatMap((infos) => infos ?? [])
    .filter((info) => (info.family === "IPv6" ? 6 : 4) === family && !/^fe[89ab]/i.test(info.address))
    .map((info) => info.address);
  if (kind === "wildcard") return [...new Set(own)];
  return own.includes(address) || isLoopback(address) ? [address] : [];
};

/**
 * The addresses of a wildcard listener that get a socket of their own although one worker has it: what a device sends to one of them comes by its
 * socket, and by that it is asked again, from the very address it sends to. The route to the device may begin with another one of the host.
 * @returns none where there is no other one, or nobody is asked
 */
export const answeringAddresses = (
  config: Pick<ListenerConfig, "kind" | "family" | "address" | "recovery" | "format">,
  interfaces: HostInterfaces,
  platform: NodeJS.Platform,
): string[] => {
  const { kind, recovery, format } = config;
  if (kind !== "wildcard" || !recovery || format === "json") return [];
  const own = sharedAddresses(config, interfaces, platform).filter(
    (address) => !isLoopback(address) && address !== "::1",
  );
  return own.length > 1 ? own : [];
};

/** All of 127.0.0.0/8 is this host, but for the broadcast address. */
const isLoopback = (address: string): boolean =>
  address.startsWith("127.") && address !== "127.255.255.255" && address !== "127.0.0.0";
