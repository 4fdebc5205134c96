import { addressBytes } from "./address-bytes.ts";

/**
 * Socket addresses as Linux lays them out on little-endian machines (ip(7), ipv6(7)): the family u16, the port u16 big-endian, then for
 * IPv4 the address at 4 and 8 bytes of zero; for IPv6 flow information at 4, the address at 8, the scope (an interface index) u32 at 24.
 */
export const SOCKADDR_BYTES = { 4: 16, 6: 28 } as const;

/** AF_INET and AF_INET6. */
export const ADDRESS_FAMILY = { 4: 2, 6: 10 } as const;

const PORT_AT = 2;
const IPV4_AT = 4;
const IPV6_AT = 8;
const IPV6_BYTES = 16;
const SCOPE_AT = 24;

/** @param scope - index of the interface a link-local address or group lies on; 0 = none */
export const encodeSockaddr = (family: 4 | 6, address: string, port: number, scope: number): Buffer => {
  const bytes = Buffer.alloc(SOCKADDR_BYTES[family]);
  bytes.writeUInt16LE(ADDRESS_FAMILY[family], 0);
  bytes.writeUInt16BE(port, PORT_AT);
  bytes.set(addressBytes(address), family === 4 ? IPV4_AT : IPV6_AT);
  if (family === 6) bytes.writeUInt32LE(scope, SCOPE_AT);
  return bytes;
};

export const sockaddrPort = (view: DataView, at: number): number => view.getUint16(at + PORT_AT);

/** @param zoneOf - name of the interface of that index, which belongs to a link-local address */
export const sockaddrAddress = (
  family: 4 | 6,
  view: DataView,
  at: number,
  zoneOf: (scope: number) => string,
): string => {
  if (family === 4) {
    const bytes = [0, 1, 2, 3].map((index) => view.getUint8(at + IPV4_AT + index));
    return bytes.join(".");
  }
  const words: string[] = [];
  for (let index = 0; index < IPV6_BYTES; index += 2) {
    words.push(view.getUint16(at + IPV6_AT + index).toString(16));
  }
  // its host is spelled as RFC 5952 wants it
  const address = new URL(`http://[${words.join(":")}]`).hostname.slice(1, -1);
  const scope = view.getUint32(at + SCOPE_AT, true);
  return isLinkLocal(view, at) && scope > 0 ? `${address}%${zoneOf(scope)}` : address;
};

/** fe80::/10 */
const isLinkLocal = (view: DataView, at: number): boolean =>
  (view.getUint16(at + IPV6_AT) & 0xffc0) === 0xfe80;

/** sources remembered: more of them at once are spelled anew now and then, nothing else */
const SLOTS = 1 << 14;
/** 32-bit words of a key: an IPv6 address and its scope */
const KEY_WORDS = 5;

/** Texts of source addresses, so that a datagram of a sender heard before makes no string. Bounded: a newcomer takes the slot of another. */
export class SourceAddresses {
  readonly #zoneOf: (scope: number) => string;
  readonly #keys = new Int32Array(SLOTS * KEY_WORDS);
  readonly #texts = new Array<string>(SLOTS).fill("");

  constructor(zoneOf: (scope: number) => string) {
    this.#zoneOf = zoneOf;
  }

  /** The address in the sockaddr at `at`. Use one cache per family. */
  text(family: 4 | 6, view: DataView, at: number): string {
    const first = family === 4 ? IPV4_AT : IPV6_AT;
    const words = family === 4 ? 1 : KEY_WORDS;
    let hash = 0;
    for (let word = 0; word < words; word++) {
      hash = Math.imul(hash ^ view.getInt32(at + first + 4 * word), 0x9e3779b1);
      hash ^= hash >>> 15;
    }
    const slot = hash & (SLOTS - 1);
    const key = slot * KEY_WORDS;
    let isKnown = this.#texts[slot] !== "";
    for (let word = 0; word < words; word++) {
      const value = view.getInt32(at + first + 4 * word);
      if (this.#keys[key + word] !== value) {
        this.#keys[key + word] = value;
        isKnown = false;
      }
    }
    if (!isKnown) this.#texts[slot] = sockaddrAddress(family, view, at, this.#zoneOf);
    return this.#texts[slot]!;
  }
}
