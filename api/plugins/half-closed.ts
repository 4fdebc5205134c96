import type { App } from "../context.ts";

/**
 * A client may close its side when it has asked (`nc -N`, small TCP stacks, checks of load balancers). Node would close the other one too, and every answer
 * that is not made at once would be lost. Whether such a client is gone shows with the first bytes of the answer. Over TLS, closing is closing both sides.
 */
export const answerHalfClosed = ({ server }: App): void => {
  // of http.Server from its beginnings, and not in the types
  (server as { httpAllowHalfOpen?: boolean }).httpAllowHalfOpen = true;
};
