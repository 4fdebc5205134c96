import { sumCounts } from "../../protocol/ledger-counts.ts";
import { parseTime } from "../../protocol/time.ts";
import type { TruthHeader, TruthRecord } from "../truth/truth.ts";
import { deliveredOf } from "./expectation.ts";
import { brokenEnds, brokenIdentities, brokenSums } from "./identities.ts";
import { Findings } from "./report.ts";
import { type NumberedReading, RunAudit, type StartContext } from "./run-audit.ts";
import type { AuditDevice, AuditGap, AuditReading, AuditRun } from "./source.ts";
import type { ExpectedReadings } from "./values.ts";

/** Everything the ledger has of one device; `device` is null when it is not known. */
export interface DeviceEvidence {
  device: AuditDevice | null;
  gaps: readonly AuditGap[];
  readings: AsyncIterable<readonly AuditReading[]>;
}

export interface AuditCircumstances {
  header: TruthHeader;
  listeningSinceUs: number | null;
  isDisturbed: boolean;
  allowUnknown: boolean;
}

type Start = TruthRecord & {
  /** when the next start began, by the simulation's time; null for the last one */
  endedUs: number | null;
  /** no earlier start of the device is in the ledger */
  isBeforeKnown: boolean;
};

/**
 * Reconciles one device.
 * @param records - its starts, in order
 */
export const auditDevice = async (
  records: readonly TruthRecord[],
  evidence: DeviceEvidence,
  circumstances: AuditCircumstances,
  expected: ExpectedReadings,
): Promise<Findings> => {
  const findings = new Findings();
  findings.tally.devices++;
  const device = records[0]!.device;
  const runs = evidence.device?.runs ?? [];
  if (evidence.device !== null) auditTotals(device, evidence.device, findings);
  const gapsByRun = Map.groupBy(evidence.gaps, keyOf);
  const audits = new Map<string, RunAudit>();
  for (const { start, run } of pairsOf(records, runs, circumstances, findings)) {
    const gaps = gapsByRun.get(keyOf(run)) ?? [];
    const pair = { record: start, run, gaps, context: contextOf(start, circumstances) };
    audits.set(keyOf(run), new RunAudit(pair, expected, findings));
  }
  const knownRuns = new Set(runs.map(keyOf));
  for (const gap of evidence.gaps) if (!knownRuns.has(keyOf(gap))) differStrayGap(device, gap, findings);
  for (const { reading, count } of await addReadings(evidence.readings, audits, knownRuns))
    differStray(device, reading, count, findings);
  for (const each of audits.values()) each.finish();
  return findings;
};

/** A start and the run it became. */
interface Pair {
  start: Start;
  run: AuditRun;
}

/** The starts of all epochs with the runs they became; what has no counterpart is found. */
const pairsOf = (
  records: readonly TruthRecord[],
  runs: readonly AuditRun[],
  circumstances: AuditCircumstances,
  findings: Findings,
): Pair[] => {
  // a device may have restarted thousands of times
  const startsByEpoch = Map.groupBy(startsOf(records, runs), ({ epoch }) => epoch);
  const runsByEpoch = Map.groupBy(runs, ({ epoch }) => epoch);
  const pairs: Pair[] = [];
  for (const epoch of new Set([...startsByEpoch.keys(), ...runsByEpoch.keys()])) {
    const starts = startsByEpoch.get(epoch);
    const runsOfEpoch = runsByEpoch.get(epoch) ?? [];
    if (starts !== undefined) pairs.push(...pairUp(starts, runsOfEpoch, circumstances, findings));
    else auditUnknownEpoch(records[0]!.device, epoch, runsOfEpoch, circumstances, findings);
  }
  return pairs;
};

/** Every reading to the audit of its run. @returns those that have no place in the ledger */
const addReadings = async (
  pages: AsyncIterable<readonly AuditReading[]>,
  audits: ReadonlyMap<string, RunAudit>,
  knownRuns: ReadonlySet<string>,
): Promise<Iterable<Stray>> => {
  const strays: Strays = new Map();
  for await (const page of pages) {
    for (const reading of page) {
      const audit = audits.get(keyOf(reading));
      if (audit !== undefined && hasNumber(reading)) audit.addReading(reading);
      else if (audit !== undefined || !knownRuns.has(keyOf(reading))) addStray(reading, strays);
    }
  }
  return strays.values();
};

/** A kind of reading that has no place, by one of them, and how many there are. */
interface Stray {
  reading: AuditReading;
  count: number;
}
type Strays = Map<string, Stray>;

/** A reading of a run the ledger does not have, or without a number in one whose numbers are all known. */
const addStray = (reading: AuditReading, strays: Strays): void => {
  const key = `${keyOf(reading)}/${hasNumber(reading)}`;
  strays.set(key, { reading, count: (strays.get(key)?.count ?? 0) + 1 });
};

const differStrayGap = (device: string, { epoch, run, first, last }: AuditGap, findings: Findings): void => {
  const where = { device, epoch, run, numbers: [[first, last]] as const };
  findings.differ({ subject: "gap", ...where, truth: "no such run", ledger: "a gap row" });
};

const differStray = (device: string, reading: AuditReading, count: number, findings: Findings): void => {
  const { epoch, run } = reading;
  const truth = hasNumber(reading) ? "no such run" : "every datagram has a number";
  findings.differ({ subject: "stored", device, epoch, run, truth, ledger: `${count} stored` });
};

const startsOf = (records: readonly TruthRecord[], runs: readonly AuditRun[]): Start[] => {
  const knownEpochs = new Set(runs.map(({ epoch }) => epoch));
  let isBeforeKnown = true;
  return records.map((record, index) => {
    isBeforeKnown &&= !knownEpochs.has(record.epoch);
    const next = records[index + 1];
    const endedUs = next === undefined ? null : parseTime(next.startedAt);
    return { ...record, endedUs, isBeforeKnown };
  });
};

const keyOf = ({ epoch, run }: { epoch: number | null; run: number }): string => `${epoch}/${run}`;

const hasNumber = (reading: AuditReading): reading is NumberedReading => reading.sequence !== null;

/** The device's own identities, and its counters as sums over its runs. */
const auditTotals = (device: string, { counts, runs }: AuditDevice, findings: Findings): void => {
  const sums = sumCounts(runs.map((run) => run.counts));
  for (const ledger of [...brokenIdentities(counts), ...brokenSums(counts, sums), ...brokenEnds(runs)]) {
    findings.differ({ subject: "identity", device, truth: "every identity holds", ledger });
  }
};

/** The starts of one epoch (several when a device reuses its epoch) with the runs they became, in order. */
const pairUp = (
  starts: readonly Start[],
  runs: readonly AuditRun[],
  circumstances: AuditCircumstances,
  findings: Findings,
): Pair[] => {
  const ordered = runs.toSorted((a, b) => a.run - b.run);
  // a start nothing was delivered of may have left no run; no more of these than runs are lacking
  let lacking = Math.max(0, starts.length - ordered.length);
  const present = starts.filter((start) => {
    if (lacking === 0 || deliveredOf(start).length > 0) return true;
    lacking--;
    countAbsent(start, findings);
    return false;
  });
  for (const start of present.slice(ordered.length)) differAbsent(start, circumstances, findings);
  for (const { epoch, run, counts } of ordered.slice(present.length)) {
    const { device } = starts[0]!;
    const ledger = `run ${run} with ${counts.received} received`;
    findings.differ({ subject: "epoch", device, epoch, run, truth: "no further start", ledger });
  }
  return present.slice(0, ordered.length).map((start, index) => ({ start, run: ordered[index]! }));
};

const countAbsent = (start: Start, { tally }: Findings): void => {
  tally.epochs++;
  tally.numbers += start.next;
  tally.impaired += start.next;
};

/** A start that should have left a run and did not. The device's first ones may, when they were over before the collector listened. */
const differAbsent = (start: Start, circumstances: AuditCircumstances, findings: Findings): void => {
  const { device, epoch, endedUs, isBeforeKnown, next } = start;
  const endedReallyUs = endedUs === null ? Infinity : realTimeUs(endedUs, circumstances);
  if (isBeforeKnown && endedReallyUs < (circumstances.listeningSinceUs ?? -Infinity)) {
    findings.tally.epochs++;
    findings.tally.numbers += next;
    findings.tally.beforeListening += next;
    return;
  }
  findings.differ({
    subject: "epoch",
    device,
    epoch,
    numbers: deliveredOf(start),
    truth: "delivered",
    ledger: "the epoch is absent",
  });
};

const auditUnknownEpoch = (
  device: string,
  epoch: number | null,
  runs: readonly AuditRun[],
  { allowUnknown }: AuditCircumstances,
  findings: Findings,
): void => {
  findings.tally.unknownEpochs++;
  if (allowUnknown) return;
  const ledger = `${runs.length} run(s) with ${sumCounts(runs.map(({ counts }) => counts)).received} received`;
  findings.differ({ subject: "epoch", device, epoch, truth: "no such epoch", ledger });
};

/** The simulation's time may be set by hand: when something really happened. */
const realTimeUs = (timeUs: number, { header }: AuditCircumstances): number =>
  timeUs - header.baseTimeUs + parseTime(header.startedAt);

const contextOf = (start: Start, circumstances: AuditCircumstances): StartContext => {
  const { header, listeningSinceUs, isDisturbed } = circumstances;
  const beganUs = realTimeUs(parseTime(start.startedAt), circumstances);
  return {
    beganBeforeListening: listeningSinceUs === null || beganUs < listeningSinceUs,
    endIsKnown: start.endedUs === null && header.endHeartbeats > 0 && !header.impairControl,
    isDisturbed,
  };
};
