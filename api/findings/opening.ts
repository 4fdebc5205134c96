import { isIP } from "node:net";
import { isOutOfDescriptors } from "../../common/descriptors.ts";
import { sizeInWords } from "../../common/size.ts";
import type { HostFacts, ListenerStatus } from "../part-status.ts";
import type { Finding } from "./finding.ts";

/** What opening its socket tells of a listener: all that `lacuna check`, which receives nothing, knows. */
export type OpenedListener = Pick<
  ListenerStatus,
  | "url"
  | "state"
  | "reason"
  | "optional"
  | "group"
  | "interface"
  | "receiveBufferRequestedBytes"
  | "receiveBufferGrantedBytes"
  | "receiveBufferCeilingBytes"
>;

/** Networks docker and podman give to their bridges unless told otherwise. */
const BRIDGE_NETWORK = /^(172\.(1[6-9]|2\d|3[01])|10\.88)\./;

const isBehindBridge = ({ isContainer, addresses }: HostFacts): boolean =>
  isContainer && addresses.length > 0 && addresses.every((address) => BRIDGE_NETWORK.test(address));

/** The interface's name: the reason has it also where the URL gives an address, which no command takes for one. */
const interfaceName = (reason: string, wanted: string | null): string | null =>
  /\binterface (\S+) is gone\b/.exec(reason)?.[1] ?? (wanted !== null && isIP(wanted) === 0 ? wanted : null);

const fixOfState = (reason: string, { url, interface: wanted }: OpenedListener): string => {
  const name = interfaceName(reason, wanted);
  // the interface is as it should be
  if (reason.includes("of another listener is the same interface"))
    return "leave one of the two listeners out, or name another interface in its URL";
  if (reason.includes("needs the native receive path"))
    return 'receive = "native"  # where it cannot be had: one group on one interface only';
  // said of a join, which names its interface
  if (reason.includes("igmp_max_memberships")) return "sysctl -w net.ipv4.igmp_max_memberships=200";
  if (/\binterface\b/.test(reason) && !reason.includes("there is no interface") && name !== null)
    return `ip link set ${name} up; ip address show dev ${name}`;
  if (reason.includes("EADDRINUSE"))
    return `ss -lunp  # shows who has the port; or listen on another one than in ${url}`;
  if (reason.includes("CAP_NET_BIND_SERVICE"))
    return `a port from 1024 on in the listener's URL; or in the service AmbientCapabilities=CAP_NET_BIND_SERVICE`;
  if (isOutOfDescriptors(reason)) return "ulimit -n 65536  # as many files and sockets may be open at once";
  if (reason.includes("no multicast route"))
    return "name the interface: add interface=NAME to the listener's URL";
  return "ip address show  # compare with the address and interface in the listener's URL";
};

const stateFindings = (listener: OpenedListener): Finding[] => {
  const { state, optional, url } = listener;
  if (state === "OK" || state === "DISABLED") return [];
  // an error that names the listener need not name it twice
  const reason = listener.reason?.replace(`${url}: `, "") ?? "no reason is known";
  return [
    {
      code: "listener-state",
      severity: optional ? "advice" : "problem",
      sentence: `It is ${state}: ${reason}.`,
      fix: fixOfState(reason, listener),
      listener: url,
    },
  ];
};

const grantedFindings = (listener: OpenedListener): Finding[] => {
  const { receiveBufferRequestedBytes: requested, receiveBufferGrantedBytes: granted } = listener;
  if (requested === null || granted === null || granted >= requested) return [];
  return [
    {
      code: "buffer-granted",
      severity: "advice",
      sentence: `A receive buffer of ${sizeInWords(requested)} was asked for and ${sizeInWords(granted)} granted.`,
      fix: `sysctl -w net.core.rmem_max=${requested}  # is ${listener.receiveBufferCeilingBytes ?? "not known"}; then start the collector again`,
      listener: listener.url,
    },
  ];
};

const bridgeFindings = ({ group, state, url }: OpenedListener, host: HostFacts): Finding[] =>
  group === null || state !== "OK" || !isBehindBridge(host)
    ? []
    : [
        {
          code: "container-bridge",
          severity: "advice",
          sentence: "This looks like a container behind a bridge, which multicast does not cross.",
          fix: "run the container with --network host, or on a macvlan network",
          listener: url,
        },
      ];

/** What is wrong with a listener before anything came by it. */
export const openingFindings = (listener: OpenedListener, host: HostFacts): Finding[] => [
  ...stateFindings(listener),
  ...grantedFindings(listener),
  ...bridgeFindings(listener, host),
];
