import { isIP } from "node:net";
import type { NetworkInterfaceInfo } from "node:os";

/** What `os.networkInterfaces()` answers: interfaces that are up, by name. */
export type HostInterfaces = NodeJS.Dict<NetworkInterfaceInfo[]>;

/** One interface as joins and messages need it. */
export interface FoundInterface {
  name: string;
  /** its first address of the family asked for */
  address: string;
}

const familyOf = (info: NetworkInterfaceInfo): 4 | 6 => (info.family === "IPv6" ? 6 : 4);

/**
 * The interface of that name or address which has an address of the family.
 * @returns a sentence's end when there is none, saying what there is instead
 */
export const findInterface = (
  wanted: string,
  family: 4 | 6,
  interfaces: HostInterfaces,
): FoundInterface | { missing: string } => {
  for (const [name, infos = []] of Object.entries(interfaces)) {
    const isNamed = name === wanted;
    if (!isNamed && !infos.some(({ address }) => isIP(wanted) !== 0 && address === wanted)) continue;
    const asked = infos.find((info) => familyOf(info) === family && (isNamed || info.address === wanted));
    const found = asked ?? infos.find((info) => familyOf(info) === family);
    return found === undefined
      ? { missing: `interface ${name} has no IPv${family} address` }
      : { name, address: found.address };
  }
  return { missing: `there is no interface ${wanted}; present are ${describeInterfaces(interfaces)}` };
};

/** `lo (127.0.0.1, ::1), eth0 (192.0.2.2)`, for messages. */
export const describeInterfaces = (interfaces: HostInterfaces): string => {
  const described = Object.entries(interfaces).map(
    ([name, infos = []]) => `${name} (${infos.map(({ address }) => address).join(", ")})`,
  );
  return described.length === 0 ? "none" : described.join(", ");
};
