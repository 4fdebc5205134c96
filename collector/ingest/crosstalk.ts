/**
 * Whether a datagram is not the listener's although its socket received it. The kernel keeps other sources away from a source-specific
 * membership, but only on the interface it was joined on, and only while the membership stands (ip(7), IP_MULTICAST_ALL).
 * @param source - the one sender the listener may hear; null = any
 */
export const isCrosstalk = (source: string | null, address: string): boolean =>
  source !== null && address !== source && !address.startsWith(`${source}%`);
