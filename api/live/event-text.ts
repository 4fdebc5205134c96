const encoder = new TextEncoder();

// part of V8, not yet of TypeScript's library
const { rawJSON } = JSON as unknown as { rawJSON(text: string): unknown };

/** As JSON; sums beyond 2^53 are bigints and stay exact integers. */
export const exactJson = (value: unknown): string =>
  JSON.stringify(value, (_key, item) => (typeof item === "bigint" ? rawJSON(String(item)) : item));

/** One event without an id: it does not move the place from which a client resumes. */
export const eventBytes = (event: string, data: string): Uint8Array =>
  encoder.encode(`event: ${event}\ndata: ${data}\n\n`);

/** Moves the place to resume from, without an event. */
export const placeBytes = (position: string): Uint8Array => encoder.encode(`id: ${position}\n\n`);

/** Nothing to tell: keeps the connection open, and moves the place to resume from. */
export const heartbeatBytes = (position: string | null): Uint8Array =>
  encoder.encode(position === null ? ": nothing new\n\n" : `: nothing new\nid: ${position}\n\n`);

/** The first bytes of a stream: how long a client waits before it comes again. */
export const GREETING = encoder.encode("retry: 2000\n\n");
