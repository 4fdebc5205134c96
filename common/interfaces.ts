import { isIP } from "node:net";
import { type NetworkInterfaceInfo, networkInterfaces } from "node:os";
import { codeOf } from "./errors.ts";

/** What `os.networkInterfaces()` answers: interfaces that are up, by name. */
export type HostInterfaces = NodeJS.Dict<NetworkInterfaceInfo[]>;

/**
 * The interfaces of this host as they are now.
 * @returns null where the system does not tell: it takes a descriptor to ask, and as long as clients hold all there are there is none
 */
export const hostInterfaces = (): HostInterfaces | null => {
  try {
    return networkInterfaces();
  } catch (error) {
    if (codeOf(error) !== "ERR_SYSTEM_ERROR") throw error;
    return null;
  }
};

/** One interface as joins and messages need it. */
export interface FoundInterface {
  name: string;
  /** its first address of the family asked for */
  address: string;
}

const familyOf = (info: NetworkInterfaceInfo): 4 | 6 => (info.family === "IPv6" ? 6 : 4);

/**
 * An IPv4 address may have a label such as `eth0:1`, and `os.networkInterfaces()` tells it as an interface of its own (getifaddrs(3)). The kernel
 * knows eth0 alone: no interface has a colon in its name.
 */
const interfaceOf = (label: string): string => label.split(":", 1)[0]!;

/**
 * The interface of that name, label or address which has an address of the family.
 * @returns a sentence's end when there is none, saying what there is instead
 */
export const findInterface = (
  wanted: string,
  family: 4 | 6,
  interfaces: HostInterfaces,
): FoundInterface | { missing: string } => {
  const all = Object.entries(interfaces).flatMap(([label, infos = []]) =>
    infos.map((info) => ({ label, name: interfaceOf(label), info })),
  );
  const meant = all.filter(
    ({ label, name, info }) =>
      label === wanted || name === wanted || (isIP(wanted) !== 0 && info.address === wanted),
  );
  const [first] = meant;
  if (first === undefined) {
    return {
      missing: `there is no interface ${wanted} that is up and has an address; present are ${describeInterfaces(interfaces)}`,
    };
  }
  const { name } = first;
  const ofInterface = all.filter((one) => one.name === name);
  const found = [...meant, ...ofInterface].find(({ info }) => familyOf(info) === family);
  return found === undefined
    ? { missing: `interface ${name} has no IPv${family} address` }
    : { name, address: found.info.address };
};

/** Whether one of them has the address. */
export const hasAddress = (interfaces: HostInterfaces, address: string): boolean =>
  Object.values(interfaces).some((infos) => infos?.some((info) => info.address === address));

/** `lo (127.0.0.1, ::1), eth0 (192.0.2.2)`, for messages. */
export const describeInterfaces = (interfaces: HostInterfaces): string => {
  const described = Object.entries(interfaces).map(
    ([name, infos = []]) => `${name} (${infos.map(({ address }) => address).join(", ")})`,
  );
  return described.length === 0 ? "none" : described.join(", ");
};
