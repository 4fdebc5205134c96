import type { Listener } from "../data/status-types.ts";
import { listenerReason, rejectedByReason } from "../format/listener-words.ts";
import { plural } from "../format/numbers.ts";

/** What a listener has heard while there is no device, or why it hears nothing. */
export const heardWords = ({ url, state, reason, counters }: Listener): string => {
  if (state !== "OK") return reason === null ? state : `${state}: ${listenerReason(url, reason)}`;
  if (counters.datagrams === 0) return "nothing has come yet";
  const rejected = rejectedByReason(counters.rejected);
  return `${plural(counters.datagrams, "datagram")} came${rejected === "" ? "" : `, rejected: ${rejected}`}`;
};

/** Addresses of listeners that take all of a family, and what that family calls the host itself. */
const LOOPBACK: Record<string, string> = { "0.0.0.0": "127.0.0.1", "::": "::1" };
const IS_LOOPBACK = /^(localhost|.*\.localhost|127\..*|\[::1\])$/;

/** @param host - the collector's as the browser names it */
const sentTo = (address: string, host: string): string => {
  const loopback = LOOPBACK[address];
  if (loopback === undefined) return address;
  // "localhost" is often ::1 to nc, which a listener of the other family does not hear
  return IS_LOOPBACK.test(host) ? loopback : host.replace(/^\[|\]$/g, "");
};

/**
 * A line of shell that makes a device; null = no listener would take it.
 * @param host - the collector's as the browser names it: a listener on every address does not say
 */
export const firstDatagram = (listeners: readonly Listener[], host: string): string | null => {
  const taker = listeners.find(
    ({ state, group, format }) =>
      state === "OK" && group === null && (format === "auto" || format === "json"),
  );
  if (taker === undefined) return null;
  const address = sentTo(taker.address, host);
  return `echo '{"device":"pump-7","seq":0,"values":{"temperature":21.5}}' | nc -u -w1 ${address} ${taker.port}`;
};
