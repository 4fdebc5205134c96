/** Why a listener is in its state, beside its name: the error behind it begins with that name again. */
export const listenerReason = (url: string, reason: string): string =>
  reason.startsWith(`${url}: `) ? reason.slice(url.length + 2) : reason;
