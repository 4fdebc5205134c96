import { formatSizeBytes } from "../common/size.ts";

/** What is known of one listener, from a collector's status or from a socket opened to find out. */
export interface ListenerFacts {
  url: string;
  state: string;
  reason: string | null;
  optional: boolean;
  group: string | null;
  /** joined on; null = the system chose, or no group */
  interface: string | null;
  /** RFC 3339; null = none came; undefined = nobody listened long enough to say */
  lastDatagramAt?: string | null;
  /** datagrams of other senders; undefined = nobody counted */
  crosstalk?: number;
  kernelDrops?: number | null;
  receiveBuffer: { requestedBytes: number | null; grantedBytes: number | null; ceilingBytes: number | null };
}

/** What is known of the host that receives; null where it is another one, or does not say. */
export interface HostFacts {
  isContainer: boolean;
  /** IPv4 addresses but those of the loopback interface */
  addresses: readonly string[];
  /** memberships one socket may have (net.ipv4.igmp_max_memberships); every listener has one socket and one membership */
  membershipLimit: number | null;
}

export interface Finding {
  /** `problem`: data is lost or not received; `advice`: it may come to that */
  kind: "problem" | "advice";
  text: string;
  /** one line */
  fix: string;
}

export interface Diagnosis extends ListenerFacts {
  /** null = no group */
  joined: boolean | null;
  memberships: { used: number; limit: number | null } | null;
  findings: Finding[];
}

/** Networks docker and podman give to their bridges unless told otherwise. */
const BRIDGE_NETWORK = /^(172\.(1[6-9]|2\d|3[01])|10\.88)\./;

/** Multicast does not cross the bridge between a container and its host's network. */
export const isBridgeSuspected = ({ isContainer, addresses }: HostFacts): boolean =>
  isContainer && addresses.length > 0 && addresses.every((address) => BRIDGE_NETWORK.test(address));

const stateFinding = ({ state, optional, reason, url, interface: name }: ListenerFacts): Finding[] => {
  if (state === "OK" || state === "DISABLED") return [];
  const missing = name === null ? null : `ip link set ${name} up; ip address show dev ${name}`;
  const fix = /\binterface\b/.test(reason ?? "") && missing !== null ? missing : fixOf(reason ?? "", url);
  return [
    { kind: optional ? "advice" : "problem", text: `it is ${state}: ${reason ?? "no reason is known"}`, fix },
  ];
};

const fixOf = (reason: string, url: string): string => {
  if (reason.includes("EADDRINUSE"))
    return `ss -lunp  # shows who has the port; or listen on another one than in ${url}`;
  if (reason.includes("igmp_max_memberships")) return "sysctl -w net.ipv4.igmp_max_memberships=200";
  if (reason.includes("no multicast route"))
    return "name the interface: add interface=NAME to the listener's URL";
  return "ip address show  # compare with the address and interface in the listener's URL";
};

const bufferFinding = ({ receiveBuffer, kernelDrops }: ListenerFacts): Finding[] => {
  const { requestedBytes, grantedBytes, ceilingBytes } = receiveBuffer;
  const findings: Finding[] = [];
  if (requestedBytes !== null && grantedBytes !== null && grantedBytes < requestedBytes) {
    findings.push({
      kind: "advice",
      text: `of the receive buffer ${formatSizeBytes(requestedBytes)} were asked for and ${formatSizeBytes(grantedBytes)} granted`,
      fix: `sysctl -w net.core.rmem_max=${requestedBytes}  # is ${ceilingBytes ?? "not known"}; then start the collector again`,
    });
  }
  if (kernelDrops != null && kernelDrops > 0) {
    const wanted = Math.min(2 ** 30, 2 * (grantedBytes ?? requestedBytes ?? 2 ** 23));
    findings.push({
      kind: "problem",
      text: `the kernel dropped ${kernelDrops} datagrams at its socket since the start`,
      fix: `sysctl -w net.core.rmem_max=${wanted} and receiveBuffer=${formatSizeBytes(wanted)} in the listener's URL`,
    });
  }
  return findings;
};

const groupFinding = (listener: ListenerFacts, host: HostFacts | null): Finding[] => {
  const { group, crosstalk = 0, lastDatagramAt, state, interface: name } = listener;
  const findings: Finding[] = [];
  if (crosstalk > 0) {
    findings.push({
      kind: "advice",
      text: `${crosstalk} datagrams of other senders came to it and were rejected as crosstalk`,
      fix: "ask for another group, or leave source= out of the URL to hear every sender",
    });
  }
  if (group === null || state !== "OK") return findings;
  if (host !== null && isBridgeSuspected(host)) {
    findings.push({
      kind: "advice",
      text: "this looks like a container behind a bridge, which multicast does not cross",
      fix: "run the container with --network host, or on a macvlan network",
    });
  }
  if (lastDatagramAt === null) {
    findings.push({
      kind: "advice",
      text: "the group is joined and nothing came by it since the start",
      fix: `tcpdump -ni ${name ?? "any"} host ${group}  # nothing there: look at the sender's interface and TTL, and at IGMP snooping in the switch`,
    });
  }
  return findings;
};

/** What is wrong with one listener, and the fix of each finding in one line. */
export const diagnose = (listener: ListenerFacts, host: HostFacts | null): Diagnosis => ({
  ...listener,
  joined: listener.group === null ? null : listener.state === "OK",
  memberships:
    listener.group === null
      ? null
      : { used: listener.state === "OK" ? 1 : 0, limit: host?.membershipLimit ?? null },
  findings: [...stateFinding(listener), ...bufferFinding(listener), ...groupFinding(listener, host)],
});

const bytes = (value: number | null): string => (value === null ? "–" : formatSizeBytes(value));

/** For a person: a listener per paragraph. */
export const diagnosisLines = (diagnosis: Diagnosis): string[] => {
  const { url, state, joined, memberships, receiveBuffer, lastDatagramAt, crosstalk, kernelDrops } =
    diagnosis;
  const facts = [
    state,
    ...(joined === null
      ? []
      : [
          `group ${joined ? "joined" : "not joined"} on ${diagnosis.interface ?? "an interface of the system's choice"}`,
        ]),
    ...(memberships === null ? [] : [`memberships ${memberships.used} of ${memberships.limit ?? "–"}`]),
    ...(lastDatagramAt === undefined ? [] : [`last datagram ${lastDatagramAt ?? "none"}`]),
    ...(crosstalk === undefined ? [] : [`crosstalk ${crosstalk}`]),
    `buffer asked ${bytes(receiveBuffer.requestedBytes)}, granted ${bytes(receiveBuffer.grantedBytes)}, ceiling ${bytes(receiveBuffer.ceilingBytes)}`,
    ...(kernelDrops === undefined ? [] : [`kernel drops ${kernelDrops ?? "not available"}`]),
  ];
  return [
    url,
    `  ${facts.join("; ")}`,
    ...diagnosis.findings.flatMap(({ kind, text, fix }) => [`  ${kind}: ${text}`, `    fix: ${fix}`]),
  ];
};
