import { count } from "./numbers.ts";

/** Why a listener is in its state, beside its name: the error behind it begins with that name again. */
export const listenerReason = (url: string, reason: string): string =>
  reason.startsWith(`${url}: `) ? reason.slice(url.length + 2) : reason;

/** "127.0.0.1:4747", "[::1]:4747" */
export const listenerAddress = ({ address, port }: { address: string; port: number }): string =>
  `${address.includes(":") ? `[${address}]` : address}:${port}`;

/** "bad-magic 3, truncated 1"; empty when nothing was rejected. */
export const rejectedByReason = (rejected: Record<string, number>): string =>
  Object.entries(rejected)
    .map(([reason, amount]) => `${reason} ${count(amount)}`)
    .join(", ");
