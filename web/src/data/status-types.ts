/** `GET /status`, as far as the dashboard reads it. */

export interface Listener {
  url: string;
  state: "OK" | "UNAVAILABLE" | "DISABLED" | "FAILED";
  reason: string | null;
  since: string;
  address: string;
  port: number;
  group: string | null;
  interface: string | null;
  source: string | null;
  format: string;
  receive: string;
  receiveBuffer: { requestedBytes: number | null; grantedBytes: number | null };
  kernelDrops: number | null;
  counters: {
    datagrams: number;
    bytes: number;
    received: number;
    duplicates: number;
    redundant: number;
    control: number;
    unsequenced: number;
    shed: number;
    held: number;
    rejected: Record<string, number>;
    unusableSendTimes: number;
  };
}

/** One of several ways datagrams come by. */
export interface Path {
  /** null: of the listeners without a name of their path */
  path: string | null;
  listeners: string[];
  state: "up" | "down";
  since: string;
  expected: number;
  received: number;
  onlyHere: number;
  absent: number;
  loss: number | null;
  skew: { medianSeconds: number | null; p99Seconds: number | null };
}

/** What the evidence since the start says. */
export interface Finding {
  code: string;
  /** note: it is well as it is */
  severity: "problem" | "advice" | "note";
  sentence: string;
  /** a setting or a command; null: nothing, or nothing here helps */
  fix: string | null;
  /** URL; null: the collector */
  listener: string | null;
}

export interface Status {
  version: string;
  now: string;
  startedAt: string;
  uptimeSeconds: number;
  devices: number;
  listeners: Listener[];
  /** empty while all listeners are one path */
  paths: Path[];
  threads: { name: string; state: string; utilization: number | null }[];
  queues: { name: string; length: number; capacity: number; refused: number }[];
  /** most urgent first */
  findings: Finding[];
  database: {
    path: string;
    state: "OK" | "FAILING" | "FAILED" | "CLOSED";
    reason: string | null;
    since: string;
    sizeBytes: number;
    walBytes: number;
    readingsStored: number;
    lastCommit: string | null;
    commits: number;
    commitFailures: number;
    pendingBatches: number;
  };
}
