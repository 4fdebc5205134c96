import { isIPv4 } from "node:net";

/** Where datagrams come from or go to: `10.0.0.9:4747`, `[fe80::1]:4747`. */
export const endpointOf = (address: string, port: number): string =>
  address.includes(":") ? `[${address}]:${port}` : `${address}:${port}`;

/** Whether a host, name or address without brackets, is this machine only by its very text: `localhost`, 127.0.0.0/8 or ::1. */
export const isLoopbackHost = (host: string): boolean =>
  host === "localhost" || host === "::1" || (isIPv4(host) && host.startsWith("127."));

/** Whether an address, IPv6 without brackets, is that of a multicast group: 224.0.0.0/4 or ff00::/8. */
export const isGroup = (address: string): boolean => {
  if (!isIPv4(address)) return /^ff/i.test(address);
  const firstOctet = Number.parseInt(address, 10);
  return firstOctet >= 224 && firstOctet <= 239;
};
