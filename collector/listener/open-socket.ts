import { createSocket, type Socket, type SocketOptions } from "node:dgram";
import { once } from "node:events";
import { codeOf, LacunaError, messageOf } from "../../common/errors.ts";
import {
  describeInterfaces,
  type FoundInterface,
  findInterface,
  type HostInterfaces,
  hasAddress,
} from "../../common/interfaces.ts";
import type { NativeSocket, NativeSockets } from "../receive/native-socket.ts";
import { describePortOwner } from "./kernel-sockets.ts";
import { type ListenerConfig, needsScope } from "./listener-url.ts";
import { type ReceiveBuffer, requestReceiveBuffer } from "./receive-buffer.ts";
import type { Sharing } from "./sharing.ts";

/** A socket that is bound and, for a group, joined. Nothing has been read from it yet. */
export interface OpenedSocket {
  socket: Socket;
  /** the socket under it; null when node:dgram made it */
  native: NativeSocket | null;
  /** as bound: the address of the URL, the port the system chose when 0 was asked for */
  address: string;
  port: number;
  /** the interface joined on; null when none was named */
  interface: FoundInterface | null;
  buffer: ReceiveBuffer;
}

/** What a socket is opened with, besides what its listener's URL says. */
export interface SocketSurroundings {
  interfaces: HostInterfaces;
  /** makes the socket; null = node:dgram does */
  sockets: NativeSockets | null;
  /** with sockets of other ingest workers, which needs a unicast address; default none */
  sharing?: Sharing;
  /** socket of ours that has the wildcard address and that port, if this one is to share it; default none */
  beside?: NativeSocket | null;
}

/**
 * Bind the socket of a listener, ask for its receive buffer and join its group. A group is bound to the group address with address reuse (a
 * socket bound to the wildcard also hears groups other programs joined, ip(7)); anything else without reuse, since a second
 * binder would silently take its datagrams. An IPv6 listener hears IPv6 only.
 * @throws LacunaError `ERR_LISTENER_BIND` or `ERR_MEMBERSHIP_JOIN`, naming address or group, interface and likely cause
 */
export const openSocket = async (
  config: ListenerConfig,
  around: SocketSurroundings,
): Promise<OpenedSocket> => {
  const { interfaces, sockets, sharing = "none" } = around;
  const found = resolveInterface(config, interfaces);
  if (config.twins.length > 0) checkTwins(config, found, around);
  // dgram cannot let others in once it is bound: another socket finds out first whether it is alone
  const asked = sockets === null && sharing === "first" ? await freePort(config, interfaces) : config.port;
  const socket = createSocket({ ...typeOf(config), reusePort: sockets === null && sharing !== "none" });
  try {
    const native = await bind(socket, { ...config, port: asked }, found, around);
    if (config.kind === "group") join(socket, native, config, found);
    const buffer = requestReceiveBuffer(native ?? socket, config.receiveBufferBytes);
    const { port } = socket.address();
    return { socket, native, address: config.address, port, interface: found, buffer };
  } catch (error) {
    socket.close();
    throw error;
  }
};

/** One group on several interfaces: each socket must hear its own interface only, else datagrams would be counted twice. */
const checkTwins = (
  config: ListenerConfig,
  found: FoundInterface | null,
  { interfaces, sockets }: SocketSurroundings,
): void => {
  if (sockets === null) {
    const why = "one group on two interfaces needs the native receive path (receive=native)";
    throw new LacunaError("ERR_MEMBERSHIP_JOIN", `${joinFailed(config, found)}: ${why}`);
  }
  for (const twin of config.twins) {
    const other = findInterface(twin, config.family, interfaces);
    if ("missing" in other || other.name !== found?.name) continue;
    const why = `interface=${twin} of another listener is the same interface`;
    throw new LacunaError("ERR_MEMBERSHIP_JOIN", `${joinFailed(config, found)}: ${why}`);
  }
};

const typeOf = ({ kind, family }: ListenerConfig): SocketOptions => ({
  type: family === 4 ? "udp4" : "udp6",
  reuseAddr: kind === "group",
  ipv6Only: family === 6,
});

/** The port of a listener, or the one the system chose, after a socket that shares with nobody was bound to it. */
const freePort = async (config: ListenerConfig, interfaces: HostInterfaces): Promise<number> => {
  const { socket, port } = await openSocket(config, { interfaces, sockets: null });
  const closed = once(socket, "close");
  socket.close();
  await closed;
  return port;
};

const resolveInterface = (config: ListenerConfig, interfaces: HostInterfaces): FoundInterface | null => {
  if (config.interface === null) return null;
  const found = findInterface(config.interface, config.family, interfaces);
  if (!("missing" in found)) return found;
  throw config.kind === "group"
    ? new LacunaError("ERR_MEMBERSHIP_JOIN", `${joinFailed(config, null)}: ${found.missing}`)
    : new LacunaError("ERR_LISTENER_BIND", `${bindFailed(config)}: ${found.missing}`);
};

const bind = async (
  socket: Socket,
  config: ListenerConfig,
  found: FoundInterface | null,
  { interfaces, sockets, sharing = "none", beside = null }: SocketSurroundings,
): Promise<NativeSocket | null> => {
  const scope = found !== null && needsScope(config) ? found.name : null;
  const { family, address, port, kind } = config;
  try {
    if (sockets !== null) {
      // an IPv6 socket hears its group on whatever interface another one joined it (inet6_mc_check looks at the group only)
      const device = config.twins.length > 0 && family === 6 ? found!.name : null;
      const place = { family, address, port, scope, device, isShared: kind === "group", sharing, beside };
      return sockets.open(place, socket);
    }
    socket.bind({ address: scope === null ? address : `${address}%${scope}`, port });
    await once(socket, "listening");
    return null;
  } catch (error) {
    throw new LacunaError(
      "ERR_LISTENER_BIND",
      `${bindFailed(config)}: ${bindCause(error, config, interfaces)}`,
      { cause: error },
    );
  }
};

const join = (
  socket: Socket,
  native: NativeSocket | null,
  config: ListenerConfig,
  found: FoundInterface | null,
): void => {
  // node:dgram names an interface of IPv4 by one of its addresses, of IPv6 by its name as the zone of the unspecified address
  const on = found === null ? undefined : config.family === 4 ? found.address : `::%${found.name}`;
  try {
    if (native !== null && found !== null) native.join(config.address, found.name, config.source);
    else if (config.source === null) socket.addMembership(config.address, on);
    else socket.addSourceSpecificMembership(config.source, config.address, on);
  } catch (error) {
    throw new LacunaError(
      "ERR_MEMBERSHIP_JOIN",
      `${joinFailed(config, found)}: ${joinCause(error, config)}`,
      {
        cause: error,
      },
    );
  }
};

const bindFailed = ({ url, address, port }: ListenerConfig): string =>
  `${url}: cannot bind to ${address} port ${port}`;

const joinFailed = (config: ListenerConfig, found: FoundInterface | null): string => {
  const source = config.source === null ? "" : ` from source ${config.source}`;
  const on =
    found !== null
      ? `interface ${found.name} (${found.address})`
      : config.interface === null
        ? "an interface of the system's choice"
        : `interface ${config.interface}`;
  return `${config.url}: cannot join group ${config.address}${source} on ${on}`;
};

const bindCause = (error: unknown, config: ListenerConfig, interfaces: HostInterfaces): string => {
  switch (codeOf(error)) {
    case "EADDRINUSE": {
      const owner = describePortOwner(config.family, config.port) ?? "another socket";
      return `the address is in use by ${owner} (EADDRINUSE)`;
    }
    case "EADDRNOTAVAIL":
      return config.family === 6 && hasAddress(interfaces, config.address)
        ? `${config.address} cannot be used (EADDRNOTAVAIL): IPv6 is still asking whether another host has it, or found one; ip -6 address show says which (tentative, dadfailed)`
        : `${config.address} is not an address of this host (EADDRNOTAVAIL); present are ${describeInterfaces(interfaces)}`;
    case "EACCES":
    case "EPERM":
      return `permission denied (${codeOf(error)}); ports below 1024 need a privilege such as CAP_NET_BIND_SERVICE`;
    case "EAFNOSUPPORT":
      return `this host has no IPv${config.family} (EAFNOSUPPORT)`;
    default:
      return messageOf(error);
  }
};

const joinCause = (error: unknown, config: ListenerConfig): string => {
  switch (codeOf(error)) {
    case "ENODEV":
    case "EADDRNOTAVAIL":
    case "ENETUNREACH":
      return config.interface === null
        ? `no multicast route leads to the group (${codeOf(error)}); name an interface with interface=`
        : `the interface is gone or does not do multicast (${codeOf(error)})`;
    case "ENOBUFS":
      return "the limit of memberships is reached (ENOBUFS); see net.ipv4.igmp_max_memberships and net.ipv4.igmp_max_msf";
    case "EACCES":
    case "EPERM":
      return `permission denied (${codeOf(error)})`;
    default:
      return messageOf(error);
  }
};
