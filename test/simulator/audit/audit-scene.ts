import { type AuditGap, type AuditReport, audit } from "../../../simulator/audit/audit.ts";
import type { SimulatorSettings } from "../../../simulator/options/settings.ts";
import type { Truth } from "../../../simulator/truth/truth.ts";
import { type ReferenceLedger, referenceLedger, sourceOf } from "../reference-ledger.ts";
import { fixedSettings, IMPAIRED, type Sent, simulateInMemory } from "../support.ts";

const SMALL: Partial<SimulatorSettings> = {
  ...{ devices: 6, rateHz: 10, durationMs: 20_000, channels: 5, restartsPerMinute: 6 },
  ...IMPAIRED,
};

export interface Scene {
  truth: Truth;
  ledger: ReferenceLedger;
}

export const sceneOf = (
  given: Partial<SimulatorSettings> = {},
  options: Parameters<typeof referenceLedger>[1] = {},
  select: (sent: Sent) => boolean = () => true,
): Scene => {
  const { sent, truth } = simulateInMemory(fixedSettings({ ...SMALL, ...given }));
  const bytes = sent.filter(select).map((each) => each.bytes);
  return { truth: structuredClone(truth), ledger: referenceLedger(bytes, options) };
};

export const auditOf = ({ truth, ledger }: Scene, options = {}): Promise<AuditReport> =>
  audit(truth, sourceOf(ledger), options);

/** Differences as `subject device/epoch numbers: truth | ledger`. */
export const linesOf = (report: AuditReport): string[] =>
  report.differences.map(
    ({ subject, device, epoch, numbers, truth, ledger }) =>
      `${subject} ${device}/${epoch} ${numbers?.flat().join("-") ?? ""}: ${truth} | ${ledger}`,
  );

/** The first record with a dropped, a corrupted and a repeated number, and its place in the ledger. */
export const victimOf = ({ truth, ledger }: Scene) => {
  const record = truth.records.find(
    ({ dropped, corrupted, copies }) => dropped.length > 0 && corrupted.length > 0 && copies.length > 0,
  )!;
  const device = ledger.devices.get(record.device)!;
  const run = device.runs.find(({ epoch }) => epoch === record.epoch)!;
  const gaps = device.gaps.filter(({ epoch }) => epoch === record.epoch);
  const readings = device.readings.filter(({ epoch }) => epoch === record.epoch);
  return { record, device, run, gaps, readings, where: `${record.device}/${record.epoch}` };
};

/** A number of the victim's run that came after its window, asked for or not: rows and counters agree. */
export const sceneWithLate = (arrival: "late" | "recovered" = "late", listeningSinceUs = 0) => {
  const scene = sceneOf({}, { listeningSinceUs });
  const victim = victimOf(scene);
  const { epoch, sequence } = victim.readings[4]!;
  for (const counts of [victim.run.counts, victim.device.counts, scene.ledger.fleet.counts]) {
    counts.inOrder = Number(counts.inOrder) - 1;
    counts[arrival] = 1;
  }
  const filled: AuditGap = {
    ...{ epoch, run: 0, first: sequence!, last: sequence! },
    ...{ state: "filled", cause: "undetermined", arrival },
  };
  victim.device.gaps.push(filled);
  return { ...victim, scene, filled };
};
