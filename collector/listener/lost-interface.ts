import { findInterface, type HostInterfaces, hasAddress } from "../../common/interfaces.ts";
import { type ListenerConfig, needsScope } from "./listener-url.ts";
import { isJoined, type Membership, readMemberships } from "./memberships.ts";

/** What the host says of itself at one moment. */
export interface HostView {
  interfaces: HostInterfaces;
  /** null = the system does not list them, or they cannot be read now */
  memberships(family: 4 | 6): readonly Membership[] | null;
}

/** The host now; each table of memberships is read when it is asked for, once. */
export const hostView = (interfaces: HostInterfaces): HostView => {
  const read = new Map<4 | 6, Membership[] | null>();
  return {
    interfaces,
    memberships(family) {
      if (!read.has(family)) read.set(family, readMemberships(family));
      return read.get(family)!;
    },
  };
};

/** What a listener relied on when it was opened. */
export interface Footing {
  /** name of the interface it is joined on, or that its address belongs to; null = none was named */
  interface: string | null;
  /** the kernel's number of that interface; null = none was named, or the system does not tell */
  index: number | null;
  /** the kernel listed its membership: from now on a list without it says that it is gone */
  isListed: boolean;
  /** its address was one of the host's */
  hasAddress: boolean;
}

/** A socket of these is bound or joined by an interface's index: when the interface comes again it needs another socket. */
export const isTiedToInterface = (config: Pick<ListenerConfig, "kind" | "family" | "address">): boolean =>
  config.kind === "group" || needsScope(config);

/** @param interfaceName - of the interface joined on; null = none was named */
export const footingOf = (
  { kind, family, address }: ListenerConfig,
  interfaceName: string | null,
  host: HostView,
): Footing => ({
  interface: interfaceName,
  index: indexOf(host, family, interfaceName),
  isListed: kind === "group" && isListedIn(host, family, address, interfaceName),
  hasAddress: kind === "address" && hasAddress(host.interfaces, address),
});

/**
 * Why a listener that is up hears nothing any more.
 * A kernel keeps a membership by the index of its interface: one that is deleted and made again has another index, and the socket's
 * membership leads nowhere. So an interface that is gone, one that has another index, and a group that is not in the kernel's list any more, are
 * losses alike. The list alone would not do: the kernel joins groups such as 224.0.0.1 by itself, another program may have joined again already,
 * and a link-local address has no membership.
 * @returns a sentence, or null when nothing says so
 */
export const lossOf = (config: ListenerConfig, footing: Footing, host: HostView): string | null => {
  const { family, address } = config;
  const { interface: name } = footing;
  if (name !== null) {
    const found = findInterface(name, family, host.interfaces);
    if ("missing" in found) {
      return `interface ${name} is gone, down or without an IPv${family} address; it is tried again every second`;
    }
    const index = indexOf(host, family, name);
    if (footing.index !== null && index !== null && index !== footing.index) {
      return `interface ${name} was deleted and made again; it is tried again every second`;
    }
  }
  // a list that cannot be read now says nothing
  const canTell = host.memberships(family) !== null;
  if (footing.isListed && canTell && !isListedIn(host, family, address, name)) {
    const where = name === null ? "any interface" : `interface ${name}`;
    return `the membership of ${address} on ${where} is gone; it is joined again`;
  }
  if (footing.hasAddress && !hasAddress(host.interfaces, address)) {
    return `no interface that is up has the address ${address} any more`;
  }
  return null;
};

/** Every interface that is up and has addresses of the family is a member of some group. */
const indexOf = (host: HostView, family: 4 | 6, name: string | null): number | null =>
  (name === null ? null : host.memberships(family))?.find((one) => one.interface === name)?.index ?? null;

const isListedIn = (host: HostView, family: 4 | 6, group: string, name: string | null): boolean =>
  isJoined(host.memberships(family) ?? [], family, group, name);
