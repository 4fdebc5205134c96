import type { Finding } from "../../api/findings/finding.ts";
import { sizeInWords } from "../../common/size.ts";

/** What is known of one listener, as `/status` tells it; what is undefined nobody looked for. */
export interface ListenerFacts {
  url: string;
  state: string;
  group: string | null;
  /** joined on; null = the system chose, or no group */
  interface: string | null;
  memberships: { used: number; limit: number | null } | null;
  /** RFC 3339; null = none came */
  lastDatagramAt?: string | null;
  counters?: { rejected: Readonly<Record<string, number>> };
  kernelDrops?: number | null;
  receiveBuffer: { requestedBytes: number | null; grantedBytes: number | null; ceilingBytes: number | null };
}

/** Of the collector as a whole; what keeps clients from its HTTP server only `lacuna check` can tell. */
export interface CollectorFinding extends Omit<Finding, "code"> {
  code: Finding["code"] | "http";
}

export interface Diagnosis extends ListenerFacts {
  /** null = no group */
  joined: boolean | null;
  findings: readonly Finding[];
}

export const diagnosisOf = (listener: ListenerFacts, findings: readonly Finding[]): Diagnosis => ({
  ...listener,
  joined: listener.group === null ? null : listener.state === "OK",
  findings,
});

const bytes = (value: number | null): string => (value === null ? "–" : sizeInWords(value));

const groupFacts = ({ joined, interface: name, memberships }: Diagnosis): string[] =>
  joined === null
    ? []
    : [
        `group ${joined ? "joined" : "not joined"} on ${name ?? "an interface of the system's choice"}`,
        `memberships ${memberships?.used ?? 0} of ${memberships?.limit ?? "–"}`,
      ];

const factsOf = (diagnosis: Diagnosis): string[] => {
  const { state, receiveBuffer, lastDatagramAt, counters, kernelDrops } = diagnosis;
  return [
    state,
    ...groupFacts(diagnosis),
    ...(lastDatagramAt === undefined ? [] : [`last datagram ${lastDatagramAt ?? "none"}`]),
    ...(counters === undefined ? [] : [`crosstalk ${counters.rejected.crosstalk ?? 0}`]),
    `buffer asked ${bytes(receiveBuffer.requestedBytes)}, granted ${bytes(receiveBuffer.grantedBytes)}, ceiling ${bytes(receiveBuffer.ceilingBytes)}`,
    ...(kernelDrops === undefined ? [] : [`kernel drops ${kernelDrops ?? "not available"}`]),
  ];
};

const findingLines = ({ severity, sentence, fix }: CollectorFinding): string[] => [
  `  ${severity}: ${sentence}`,
  ...(fix === null ? [] : [`    fix: ${fix}`]),
];

/** For a person: a listener per paragraph, then what is about none of them. */
export const diagnosisLines = (
  diagnoses: readonly Diagnosis[],
  ofCollector: readonly CollectorFinding[],
): string[] => [
  ...diagnoses.flatMap((diagnosis) => [
    diagnosis.url,
    `  ${factsOf(diagnosis).join("; ")}`,
    ...diagnosis.findings.flatMap(findingLines),
  ]),
  ...(ofCollector.length === 0 ? [] : ["collector", ...ofCollector.flatMap(findingLines)]),
];
