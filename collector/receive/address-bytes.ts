import { isIPv4 } from "node:net";

/** The 4 or 16 bytes of an address in network order; the zone of an IPv6 address (`%eth0`) is left out. */
export const addressBytes = (address: string): number[] =>
  isIPv4(address) ? address.split(".").map(Number) : ipv6Bytes(address);

const ipv6Bytes = (address: string): number[] => {
  const canonical = new URL(`http://[${address.replace(/%.*$/, "")}]`).hostname.slice(1, -1);
  const [head = "", tail] = canonical.split("::");
  const words = (text: string): number[] =>
    text === "" ? [] : text.split(":").map((word) => Number.parseInt(word, 16));
  const before = words(head);
  const after = words(tail ?? "");
  const zeros = new Array<number>(8 - before.length - after.length).fill(0);
  return [...before, ...zeros, ...after].flatMap((word) => [word >> 8, word & 0xff]);
};
