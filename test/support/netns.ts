import { type ChildProcess, execFile, execFileSync, spawn } from "node:child_process";
import { promisify } from "node:util";
import { codeOf } from "../../common/errors.ts";

/** One network namespace of a pair; its only link is `veth0`. */
export interface Netns {
  readonly name: string;
  /** IPv4 addresses of veth0, in 10.77.0.0/24 */
  readonly ipv4: readonly string[];
  /** IPv6 address of veth0, in fd77::/64 */
  readonly ipv6: string;
  /** Start a program inside, standard streams piped. */
  spawn(command: string, args: readonly string[]): ChildProcess;
  /** Run a program inside to its end, which is near, and return what it wrote. */
  run(command: string, args: readonly string[]): string;
  /** The same for one that waits for another process: nothing here stands still meanwhile. */
  answer(command: string, args: readonly string[]): Promise<string>;
}

export interface NetnsPair {
  readonly near: Netns;
  /** has a second IPv4 address, for wrong sources */
  readonly far: Netns;
  destroy(): void;
}

const SYSTEM_PATH = `${process.env.PATH}:/usr/sbin:/sbin`;
const environment = { ...process.env, PATH: SYSTEM_PATH };
/** a test's own limit ends nothing that the process of the tests itself waits for */
const LIMITED = { env: environment, timeout: 60_000 };

const ip = (...args: string[]): void => {
  execFileSync("ip", args, { ...LIMITED, stdio: ["ignore", "ignore", "pipe"] });
};

/** each takes a few milliseconds: some seconds in all */
const MOST_LINK_QUERIES = 2000;

let pairs = 0;

/** Two network namespaces joined by a veth pair: multicast between hosts without leaving the machine. */
export const createNetnsPair = (): NetnsPair => {
  const stem = `lacuna-${process.pid}-${pairs++}`;
  const near = netns(`${stem}-near`, ["10.77.0.1"], "fd77::1");
  const far = netns(`${stem}-far`, ["10.77.0.2", "10.77.0.3"], "fd77::2");
  const destroy = (): void => {
    for (const { name } of [near, far]) ip("netns", "del", name);
  };
  ip("netns", "add", near.name);
  ip("netns", "add", far.name);
  ip(
    ..."link add veth0 netns".split(" "),
    near.name,
    ..."type veth peer name veth0 netns".split(" "),
    far.name,
  );
  for (const { name, ipv4, ipv6 } of [near, far]) {
    for (const address of ipv4) {
      ip("-n", name, "addr", "add", `${address}/24`, "broadcast", "10.77.0.255", "dev", "veth0");
    }
    ip("-n", name, "-6", "addr", "add", `${ipv6}/64`, "dev", "veth0", "nodad");
    ip("-n", name, "link", "set", "lo", "up");
    ip("-n", name, "link", "set", "veth0", "up");
  }
  for (const { name } of [near, far]) awaitRunning(name, "veth0");
  return { near, far, destroy };
};

/**
 * "set up" returns before the kernel has noticed the carrier (linkwatch does, up to a second later), and until then an interface is not
 * RUNNING and is not among those a program sees.
 */
export const awaitRunning = (name: string, device: string): void => {
  for (let query = 0; query < MOST_LINK_QUERIES; query++) {
    const link = execFileSync("ip", ["-n", name, "-o", "link", "show", device], LIMITED);
    if (link.includes("state UP")) return;
  }
  throw new Error(`${device} in ${name} was set up and does not run`);
};

const netns = (name: string, ipv4: readonly string[], ipv6: string): Netns => ({
  name,
  ipv4,
  ipv6,
  spawn: (command, args) =>
    spawn("ip", ["netns", "exec", name, command, ...args], { env: environment, stdio: "pipe" }),
  run: (command, args) =>
    execFileSync("ip", ["netns", "exec", name, command, ...args], { ...LIMITED, encoding: "utf8" }),
  answer: async (command, args) =>
    (await promisify(execFile)("ip", ["netns", "exec", name, command, ...args], LIMITED)).stdout,
});

/**
 * Why network namespaces cannot be made here, or null when they can. On CI (`CI=true`) always null: a test that needs them then
 * fails instead of being skipped.
 */
export const netnsUnavailable = (): string | null => {
  if (process.env.CI === "true") return null;
  try {
    const name = `lacuna-${process.pid}-probe`;
    ip("netns", "add", name);
    ip("netns", "del", name);
    return null;
  } catch (error) {
    const why = codeOf(error) === "ENOENT" ? "there is no `ip` command" : String(error).trim();
    const reason = `network namespaces are not available: ${why}`;
    console.warn(`skipped: ${reason}`);
    return reason;
  }
};
