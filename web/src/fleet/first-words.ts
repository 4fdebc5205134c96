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

const WILDCARDS = ["0.0.0.0", "::"];

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
  const address = WILDCARDS.includes(taker.address) ? host.replace(/^\[|\]$/g, "") : taker.address;
  return `echo '{"device":"pump-7","seq":0,"values":{"temperature":21.5}}' | nc -u -w1 ${address} ${taker.port}`;
};
