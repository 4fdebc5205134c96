/**
 * By what a datagram came in: a listener, and of a wildcard listener the address of this host it was sent to, by its number; 0 = none in particular, it
 * came by the listener's own socket. One small integer, so that it travels from the socket to the ledger as an index of a listener would; without an address it is one.
 */
export const LISTENER_MASK = 0xffff;
const ADDRESS_SHIFT = 16;

export const entryOf = (listener: number, local: number): number => listener | (local << ADDRESS_SHIFT);

export const listenerOf = (entry: number): number => entry & LISTENER_MASK;

export const localOf = (entry: number): number => entry >>> ADDRESS_SHIFT;
