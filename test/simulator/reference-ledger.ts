import { KIND } from "../../protocol/constants.ts";
import { Datagram } from "../../protocol/datagram.ts";
import { type LedgerCounts, sumCounts, zeroCounts } from "../../protocol/ledger-counts.ts";
import type { Cause } from "../../protocol/ledger-row.ts";
import { readingTimeUs } from "../../protocol/time.ts";
import type {
  AuditDevice,
  AuditFleet,
  AuditGap,
  AuditReading,
  AuditRun,
  AuditSource,
} from "../../simulator/audit/audit.ts";
import { idOf, rejectionOf } from "./support.ts";

/**
 * The smallest collector that can keep a right ledger of a simulator's datagrams: sets in memory, no window, no network. It hands out plain
 * objects, so that a test can alter any single number of them.
 */
export interface ReferenceLedger {
  fleet: AuditFleet;
  devices: Map<string, AuditDevice & { gaps: AuditGap[]; readings: AuditReading[] }>;
  listeningSinceUs: number | null;
}

interface Run {
  epoch: number | null;
  readings: Map<number, AuditReading>;
  channelNames: Map<number, string>;
  duplicates: number;
  first: number;
  next: number;
}

const MAKE_RUN = (epoch: number | null, first: number): Run => ({
  ...{ epoch, first, next: first, duplicates: 0 },
  ...{ readings: new Map(), channelNames: new Map() },
});

/** What happened to a number on the collector's side, where something did. */
export type Fate = (device: string, epoch: number | null, sequence: number) => Cause | null;

export const referenceLedger = (
  datagrams: Iterable<Uint8Array>,
  { fate = () => null, listeningSinceUs = 0 }: { fate?: Fate; listeningSinceUs?: number | null } = {},
): ReferenceLedger => {
  const runs = new Map<string, Map<number | null, Run>>();
  const causes = new Map<Run, Map<number, Cause>>();
  const count = { datagrams: 0, control: 0, rejected: 0 };
  const datagram = new Datagram();
  for (const bytes of datagrams) {
    const isSound = rejectionOf(bytes, datagram) === 0;
    const epoch = datagram.epoch < 0 ? null : datagram.epoch;
    const cause =
      isSound && datagram.kind === KIND.DATA ? fate(idOf(datagram), epoch, datagram.sequence) : null;
    if (cause === null) count.datagrams++;
    if (!isSound) {
      count.rejected++;
      continue;
    }
    const ofDevice = runs.get(idOf(datagram)) ?? new Map<number | null, Run>();
    runs.set(idOf(datagram), ofDevice);
    const run = ofDevice.get(epoch) ?? MAKE_RUN(epoch, datagram.sequence);
    ofDevice.set(epoch, run);
    if (cause !== null) {
      const ofRun = causes.get(run) ?? new Map<number, Cause>();
      causes.set(run, ofRun.set(datagram.sequence, cause));
    } else if (datagram.kind === KIND.DATA) {
      if (run.readings.has(datagram.sequence)) run.duplicates++;
      else run.readings.set(datagram.sequence, readingOf(datagram, run, epoch));
    } else {
      count.control++;
      for (const { channel, name } of datagram.descriptions) run.channelNames.set(channel, name);
    }
    const next = datagram.kind === KIND.DATA ? datagram.sequence + 1 : datagram.sequence;
    run.next = Math.max(run.next, next);
  }
  return ledgerOf(runs, causes, count, listeningSinceUs);
};

const readingOf = (datagram: Datagram, run: Run, epoch: number | null): AuditReading => {
  const values: Record<string, number | boolean> = {};
  for (let index = 0; index < datagram.readingCount; index++) {
    const number = datagram.channels[index]!;
    const name = datagram.named ? datagram.names[index]! : (run.channelNames.get(number) ?? `ch${number}`);
    values[name] = datagram.types[index] === 5 ? datagram.values[index] === 1 : datagram.values[index]!;
  }
  const timeUs = readingTimeUs(datagram, 0, datagram.sendTimeUs, datagram.sendTimeUs);
  return { epoch, run: 0, sequence: datagram.sequence, timeUs, values };
};

const ledgerOf = (
  runs: ReadonlyMap<string, ReadonlyMap<number | null, Run>>,
  causes: ReadonlyMap<Run, ReadonlyMap<number, Cause>>,
  count: { datagrams: number; control: number; rejected: number },
  listeningSinceUs: number | null,
): ReferenceLedger => {
  const devices: ReferenceLedger["devices"] = new Map();
  for (const [id, ofDevice] of runs) {
    const gaps: AuditGap[] = [];
    const auditRuns = [...ofDevice.values()].map((run) => auditRunOf(run, causes.get(run), gaps));
    devices.set(id, {
      counts: sumCounts(auditRuns.map(({ counts }) => counts)),
      runs: auditRuns,
      gaps,
      readings: [...ofDevice.values()].flatMap(({ readings }) => [...readings.values()]),
    });
  }
  const counts = sumCounts([...devices.values()].map((device) => device.counts));
  const { datagrams, control, rejected } = count;
  const fleet = { counts, datagrams, control, shed: 0, held: 0, rejected: { "bad-checksum": rejected } };
  return { fleet, devices, listeningSinceUs };
};

const auditRunOf = (run: Run, causes: ReadonlyMap<number, Cause> | undefined, gaps: AuditGap[]): AuditRun => {
  const received = run.readings.size;
  const counts: LedgerCounts = {
    ...zeroCounts(),
    expected: run.next - run.first,
    ...{ received, inOrder: received, stored: received, duplicates: run.duplicates },
    lost: run.next - run.first - received,
    unknown: Number(run.first !== 0),
  };
  for (let number = run.first; number < run.next; number++) {
    if (run.readings.has(number)) continue;
    const cause = causes?.get(number) ?? "undetermined";
    counts.causes[cause] = Number(counts.causes[cause]) + 1;
    const last = gaps.at(-1);
    const isOneGap = last?.epoch === run.epoch && last.last === number - 1 && last.cause === cause;
    if (isOneGap) last.last = number;
    else {
      const { epoch } = run;
      gaps.push({ epoch, run: 0, first: number, last: number, state: "lost", cause, arrival: null });
    }
  }
  return {
    ...{ epoch: run.epoch, run: 0, first: run.first, counts },
    highWater: run.next === 0 ? null : run.next - 1,
    ...{ headKnown: run.first === 0, tailKnown: true },
  };
};

/** The ledger as an audit sees it. */
export const sourceOf = (ledger: ReferenceLedger): AuditSource => ({
  fleet: async () => ledger.fleet,
  async *devices() {
    yield [...ledger.devices.keys()];
  },
  device: async (id) => ledger.devices.get(id) ?? null,
  async *gaps(id) {
    yield ledger.devices.get(id)!.gaps;
  },
  async *readings(id) {
    const { readings } = ledger.devices.get(id)!;
    for (let at = 0; at < readings.length; at += 100) yield readings.slice(at, at + 100);
  },
  listeningSinceUs: async () => ledger.listeningSinceUs,
});
