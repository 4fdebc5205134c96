import { type LedgerCounts, sumCounts } from "../../protocol/ledger-counts.ts";
import type { Truth, TruthRecord } from "../truth/truth.ts";
import { type AuditCircumstances, auditDevice, type DeviceEvidence } from "./device-audit.ts";
import { brokenFleetIdentities, brokenSums } from "./identities.ts";
import { type AuditReport, BLAMED_CAUSES, Findings } from "./report.ts";
import type { AuditFleet, AuditGap, AuditSource } from "./source.ts";
import { ExpectedReadings } from "./values.ts";

export { type AuditReport, type Difference, formatDifference, formatReport } from "./report.ts";
export type {
  AuditDevice,
  AuditFleet,
  AuditGap,
  AuditReading,
  AuditRun,
  AuditSource,
} from "./source.ts";

/** How many devices were looked at, of all. */
export type AuditProgress = (audited: number, devices: number) => void;

export interface AuditOptions {
  /** devices and epochs the truth does not know are counted, not differences */
  allowUnknown?: boolean;
  onProgress?: AuditProgress;
}

/** devices looked at together: over HTTP most of the time is waiting */
const DEVICES_AT_ONCE = 8;

/**
 * Reconciles a ledger and its stored readings with the truth of a simulation (docs/cli.md, "audit"): every number of every device is accounted for, or a
 * difference says which is not. The collector must have settled first: `settle` waits for that.
 * @throws whatever `source` throws
 */
export const audit = async (
  truth: Truth,
  source: AuditSource,
  { allowUnknown = false, onProgress }: AuditOptions = {},
): Promise<AuditReport> => {
  const findings = new Findings();
  const expected = new ExpectedReadings(truth.header);
  const fleet = await source.fleet();
  const circumstances: AuditCircumstances = {
    header: truth.header,
    listeningSinceUs: await source.listeningSinceUs(),
    isDisturbed:
      Number(fleet.shed) > 0 || BLAMED_CAUSES.some((cause) => Number(fleet.counts.causes[cause]) > 0),
    allowUnknown,
  };
  const recordsByDevice = Map.groupBy(truth.records, ({ device }) => device);
  const counted: LedgerCounts[] = [];
  const groups = [...recordsByDevice.values()];
  for (let at = 0; at < groups.length; at += DEVICES_AT_ONCE) {
    const together = groups.slice(at, at + DEVICES_AT_ONCE).map(async (records) => {
      const evidence = await evidenceOf(records[0]!.device, source);
      if (evidence.device !== null) counted.push(evidence.device.counts);
      return auditDevice(records, evidence, circumstances, expected);
    });
    for (const found of await Promise.all(together)) findings.add(found);
    onProgress?.(Math.min(at + DEVICES_AT_ONCE, groups.length), groups.length);
  }
  const unknown = await unknownDevices(recordsByDevice, source);
  findings.tally.unknownDevices = unknown.length;
  if (!allowUnknown) {
    for (const device of unknown) {
      findings.differ({ subject: "device", device, truth: "no such device", ledger: "known" });
    }
  }
  auditFleet(fleet, unknown.length === 0 ? sumCounts(counted) : null, findings);
  return findings.report();
};

async function* nothing(): AsyncGenerator<never> {}

const evidenceOf = async (id: string, source: AuditSource): Promise<DeviceEvidence> => {
  const device = await source.device(id);
  if (device === null) return { device, gaps: [], readings: nothing() };
  const gaps: AuditGap[] = [];
  for await (const page of source.gaps(id)) for (const gap of page) gaps.push(gap);
  return { device, gaps, readings: source.readings(id) };
};

const unknownDevices = async (
  known: ReadonlyMap<string, readonly TruthRecord[]>,
  source: AuditSource,
): Promise<string[]> => {
  const unknown: string[] = [];
  for await (const page of source.devices()) unknown.push(...page.filter((id) => !known.has(id)));
  return unknown;
};

/** @param parts - the sum over all devices, null when not all were looked at */
const auditFleet = (fleet: AuditFleet, parts: LedgerCounts | null, findings: Findings): void => {
  const sentences = brokenFleetIdentities(fleet);
  if (parts !== null) sentences.push(...brokenSums(fleet.counts, parts));
  for (const ledger of sentences) {
    findings.differ({ subject: "identity", device: null, truth: "every identity holds", ledger });
  }
};
