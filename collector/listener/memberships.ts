import { readFileSync } from "node:fs";
import { addressBytes } from "../receive/address-bytes.ts";
import { kernelAddress } from "./kernel-sockets.ts";

/** A group the kernel has joined on an interface, for whichever program. */
export interface Membership {
  interface: string;
  /** the kernel's number of that interface: one that is deleted and made again has another */
  index: number;
  /** hexadecimal, as the kernel prints it */
  group: string;
}

const IGMP_DEVICE = /^(\d+)\s+(\S+)\s*:/;
const IGMP_GROUP = /^\s+([0-9A-F]{8})\s/;
const IGMP6_GROUP = /^(\d+)\s+(\S+)\s+([0-9a-f]{32})\s/;

/** The groups of `/proc/net/igmp`: a line per interface, and below it one per group. Lines of another shape are passed over. */
export const parseIgmp = (table: string): Membership[] => {
  const memberships: Membership[] = [];
  let device = { interface: "", index: 0 };
  for (const line of table.split("\n")) {
    const [, index, name] = IGMP_DEVICE.exec(line) ?? [];
    if (name !== undefined) device = { interface: name, index: Number(index) };
    const [, group] = IGMP_GROUP.exec(line) ?? [];
    if (group !== undefined) memberships.push({ ...device, group });
  }
  return memberships;
};

/** The groups of `/proc/net/igmp6`: interface and group in each line. */
export const parseIgmp6 = (table: string): Membership[] => {
  const memberships: Membership[] = [];
  for (const line of table.split("\n")) {
    const [, index, device, group] = IGMP6_GROUP.exec(line) ?? [];
    if (device !== undefined && group !== undefined) {
      memberships.push({ interface: device, index: Number(index), group });
    }
  }
  return memberships;
};

/** The memberships of this host in one family, or null where the system does not list them (not Linux) or no descriptor is left to read them. */
export const readMemberships = (family: 4 | 6): Membership[] | null => {
  try {
    return family === 4
      ? parseIgmp(readFileSync("/proc/net/igmp", "utf8"))
      : parseIgmp6(readFileSync("/proc/net/igmp6", "utf8"));
  } catch {
    return null;
  }
};

/** Whether a group is joined on that interface; null = on any. */
export const isJoined = (
  memberships: readonly Membership[],
  family: 4 | 6,
  group: string,
  interfaceName: string | null,
): boolean => {
  const wanted = family === 4 ? kernelAddress(group) : Buffer.from(addressBytes(group)).toString("hex");
  return memberships.some(
    (membership) =>
      membership.group === wanted && (interfaceName === null || membership.interface === interfaceName),
  );
};
