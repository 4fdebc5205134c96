import { type ListenerConfig, ListenerUrlError, parseListenerUrl } from "./listener-url.ts";
import { MOST_PATHS, pathNamesOf } from "./path-names.ts";

/**
 * Read the URLs of all listeners and check them against each other.
 * @returns the listeners in the order of the URLs
 * @throws ListenerUrlError with every mistake in them
 */
export const parseListenerUrls = (urls: readonly string[]): ListenerConfig[] => {
  const listeners: ListenerConfig[] = [];
  const mistakes: string[] = [];
  for (const url of urls) {
    const { listener, mistakes: own } = parseListenerUrl(url);
    mistakes.push(...own);
    if (listener !== null) listeners.push(listener);
  }
  mistakes.push(...findListenerConflicts(listeners));
  const { names } = pathNamesOf(listeners);
  if (names.length > MOST_PATHS)
    mistakes.push(
      `path= names ${names.length} paths, those without it one of them; accepted are ${MOST_PATHS}`,
    );
  if (mistakes.length > 0) throw new ListenerUrlError(mistakes);
  return listeners.map((listener) => ({ ...listener, twins: twinsOf(listener, listeners) }));
};

/** On which other interfaces the group is heard. */
const twinsOf = (one: ListenerConfig, listeners: readonly ListenerConfig[]): string[] => {
  const twins = listeners.filter(
    (other) => other.enabled && other !== one && isSameGroup(one, other) && other.interface !== one.interface,
  );
  return [...new Set(twins.flatMap((twin) => twin.interface ?? []))];
};

const isSameGroup = (one: ListenerConfig, other: ListenerConfig): boolean =>
  one.kind === "group" && one.address === other.address && one.port === other.port && one.port !== 0;

/** One sentence for each two listeners that cannot run together: which two, and why. */
const findListenerConflicts = (listeners: readonly ListenerConfig[]): string[] => {
  const enabled = listeners.filter(({ enabled }) => enabled);
  const conflicts: string[] = [];
  enabled.forEach((one, index) => {
    for (const other of enabled.slice(index + 1)) {
      const why = conflictOf(one, other);
      if (why !== null) conflicts.push(`${one.url} and ${other.url}: ${why}`);
    }
  });
  return conflicts;
};

const conflictOf = (one: ListenerConfig, other: ListenerConfig): string | null => {
  // port 0 gives each a port of its own
  if (one.family !== other.family || one.port !== other.port || one.port === 0) return null;
  if (one.address === other.address) {
    return one.kind === "group" ? groupConflictOf(one, other) : "the same address and port are given twice";
  }
  const wildcard = [one, other].find(({ kind }) => kind === "wildcard");
  if (wildcard === undefined) return null;
  const special = wildcard === one ? other : one;
  return special.kind === "group"
    ? `a listener on ${wildcard.address} also hears every group joined on this host, so each datagram of ${special.address} would arrive twice; give one of them another port`
    : `a listener on ${wildcard.address} already covers ${special.address}; leave one of them out`;
};

/**
 * Two sockets bound to one group: the kernel hands a datagram to each socket of the group and port unless that socket's own membership on
 * the interface it came by is missing or names other sources (ip(7), IP_MULTICAST_ALL). So different interfaces and, on one interface,
 * different sources can be told apart. Whether two names are two interfaces is known when the sockets are opened.
 */
const groupConflictOf = (one: ListenerConfig, other: ListenerConfig): string | null => {
  if (one.interface !== other.interface) {
    return one.interface === null || other.interface === null
      ? "one group and port twice: give each the interface= it listens on, the one the system chooses may be the same"
      : null;
  }
  if (one.source === other.source) return "the same group is given twice";
  if (one.source === null || other.source === null) {
    return "the listener without source= already hears that source; leave one of them out";
  }
  return null;
};
