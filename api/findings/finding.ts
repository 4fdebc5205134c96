/** problem: data is lost or not received; advice: it may come to that, or a setting is worth a change; note: it is well as it is. */
export const SEVERITIES = ["problem", "advice", "note"] as const;
export type Severity = (typeof SEVERITIES)[number];

/** Of one severity the former is the more urgent. */
export const FINDING_CODES = [
  "database",
  "database-damaged",
  "thread-stalled",
  "queries-stalled",
  "max-size",
  "merging",
  "listener-state",
  "kernel-drops",
  "batch-pool",
  "queue-full",
  "device-limit",
  "path-down",
  "buffer-granted",
  "receive-buffer",
  "crosstalk",
  "container-bridge",
  "never-heard",
  "rejected-datagrams",
  "refused-readings",
  "nack-failures",
  "send-times",
  "reorder-window",
] as const;

/** What the collector can say of itself. */
export interface Finding {
  code: (typeof FINDING_CODES)[number];
  severity: Severity;
  /** what was seen, for a person */
  sentence: string;
  /** what to do, in one line: a setting or a command; null = nothing, or nothing of ours helps */
  fix: string | null;
  /** URL of the listener it is about; null = the collector */
  listener: string | null;
}

const WHOLE = new Intl.NumberFormat("en-US", { maximumFractionDigits: 0 });

/** "1,234,567" */
export const count = (value: number): string => WHOLE.format(value);

/** "1 datagram", "1,234 datagrams" */
export const datagrams = (value: number): string => `${count(value)} datagram${value === 1 ? "" : "s"}`;

/** One digit behind the point at most. @param share - in [0, 1] */
export const percent = (share: number): string => `${Math.round(share * 1000) / 10} %`;

const urgencyOf = ({ severity, code }: Finding): number =>
  SEVERITIES.indexOf(severity) * FINDING_CODES.length + FINDING_CODES.indexOf(code);

/** By severity, then by code; what is alike stays in its order. */
export const mostUrgentFirst = (findings: readonly Finding[]): Finding[] =>
  findings.toSorted((one, other) => urgencyOf(one) - urgencyOf(other));
