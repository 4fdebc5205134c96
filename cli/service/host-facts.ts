import { existsSync, readFileSync } from "node:fs";
import { networkInterfaces } from "node:os";
import type { HostFacts } from "../../api/part-status.ts";

/** docker and podman leave one of these in every container */
const CONTAINER_MARKS = ["/.dockerenv", "/run/.containerenv"];
const MEMBERSHIP_LIMIT_FILE = "/proc/sys/net/ipv4/igmp_max_memberships";

const membershipLimit = (): number | null => {
  try {
    return Number(readFileSync(MEMBERSHIP_LIMIT_FILE, "utf8"));
  } catch {
    return null;
  }
};

/** Of the host this process runs on. */
export const hostFacts = (): HostFacts => ({
  isContainer: CONTAINER_MARKS.some((file) => existsSync(file)),
  addresses: Object.values(networkInterfaces())
    .flatMap((infos) => infos ?? [])
    .filter(({ family, internal }) => family === "IPv4" && !internal)
    .map(({ address }) => address),
  membershipLimit: membershipLimit(),
});
