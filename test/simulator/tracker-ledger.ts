import { NOTHING_RESTORED } from "../../collector/ingest/nothing-restored.ts";
import { Tracker } from "../../collector/tracker/tracker.ts";
import { type TrackerSink, VERDICT } from "../../collector/tracker/types.ts";
import { type ArrivalBin, arrivalBin } from "../../protocol/arrival-bin.ts";
import { VALUE_TYPE } from "../../protocol/constants.ts";
import { Datagram } from "../../protocol/datagram.ts";
import { countsOfRow, sumCounts } from "../../protocol/ledger-counts.ts";
import { CAUSES, ROW, ROW_FIELDS, ROW_FLAG } from "../../protocol/ledger-row.ts";
import { readingTimeUs } from "../../protocol/time.ts";
import type { AuditGap, AuditReading } from "../../simulator/audit/audit.ts";
import type { ReferenceLedger } from "./reference-ledger.ts";
import { BASE_US, rejectionOf, type Sent } from "./support.ts";

const TICK_MS = 50;
const ROWS = 4096;

interface Run {
  device: number;
  epoch: number | null;
  index: number;
  gaps: AuditGap[];
}

/** The collector's own tracker on a simulation's datagrams, in virtual time; its ledger and what it would store, as an audit sees them. */
export class TrackerLedger {
  readonly #runs = new Map<number, Run>();
  readonly #ids = new Map<number, string>();
  readonly #names = new Map<string, Map<number, string>>();
  readonly #readings = new Map<number, AuditReading[]>();
  readonly #held = new Map<number, Omit<AuditReading, "run" | "sequence">>();
  readonly #count = { datagrams: 0, control: 0, rejected: 0 };
  readonly #datagram = new Datagram();
  readonly #tracker = new Tracker(
    {
      ...{ windowMs: 250, maxDevices: 1000, maxGapsPerDevice: 4096, maxGaps: 1_000_000 },
      ...{ maxOpenRuns: 8, maxNewRunsPerMinute: 16, holdMs: 5000 },
    },
    this.#sink(),
  );
  #nowMs = 0;

  constructor(sent: Iterable<Sent>) {
    this.#tracker.restore(NOTHING_RESTORED);
    this.#tracker.begin(0);
    for (const { emission, bytes } of sent) {
      this.#passUntil(emission.dueUs / 1000);
      this.#receive(emission.device, bytes);
    }
    this.#passUntil(this.#nowMs + 10_000);
  }

  #passUntil(nowMs: number): void {
    while (this.#nowMs + TICK_MS < nowMs) {
      this.#nowMs += TICK_MS;
      this.#tracker.tick(this.#nowMs, this.#nowMs, this.#wallUs());
    }
    this.#nowMs = nowMs;
  }

  #wallUs(): number {
    return BASE_US + Math.round(this.#nowMs * 1000);
  }

  #receive(device: number, bytes: Uint8Array): void {
    this.#count.datagrams++;
    const datagram = this.#datagram;
    const address = "192.0.2.7";
    const arrival = {
      arrivalUs: this.#wallUs(),
      nowMs: this.#nowMs,
      listener: 0,
      local: 0,
      address,
      port: 1024 + device,
      lengthBytes: bytes.length,
    };
    const tracker = this.#tracker;
    if (rejectionOf(bytes, datagram) !== 0) {
      this.#count.rejected++;
      return;
    }
    const verdict = tracker.onDatagram(datagram, arrival);
    if (tracker.device >= 0) this.#describe(tracker.device, datagram);
    if (verdict === VERDICT.CONTROL) this.#count.control++;
    else if (verdict === VERDICT.REJECTED) this.#count.rejected++;
    else if (verdict === VERDICT.HELD) this.#held.set(tracker.device, this.#reading(tracker.device, 0));
    else if (tracker.run >= 0) this.#store(tracker.run, tracker.sequence, tracker.device);
  }

  #describe(device: number, { epoch, descriptions }: Datagram): void {
    const key = `${device}/${epoch}`;
    for (const { channel, name } of descriptions) {
      const names = this.#names.get(key) ?? new Map<number, string>();
      this.#names.set(key, names.set(channel, name));
    }
  }

  #reading(device: number, sendTimeUs: number): Omit<AuditReading, "run" | "sequence"> {
    const datagram = this.#datagram;
    const names = this.#names.get(`${device}/${datagram.epoch}`);
    const values: Record<string, number | boolean> = {};
    for (let index = 0; index < datagram.readingCount; index++) {
      const channel = datagram.channels[index]!;
      const name = datagram.named ? datagram.names[index]! : (names?.get(channel) ?? `ch${channel}`);
      const value = datagram.values[index]!;
      values[name] = datagram.types[index] === VALUE_TYPE.BOOL ? value === 1 : value;
    }
    const baseUs = sendTimeUs || datagram.sendTimeUs || this.#wallUs();
    const timeUs = readingTimeUs(datagram, 0, baseUs, this.#wallUs());
    return { epoch: datagram.epoch < 0 ? null : datagram.epoch, timeUs, values };
  }

  #store(run: number, sequence: number, device: number): void {
    const reading = this.#reading(device, this.#tracker.sendTimeUs);
    this.#keep(run, { ...reading, run: this.#runs.get(run)!.index, sequence });
  }

  #keep(run: number, reading: AuditReading): void {
    const readings = this.#readings.get(run) ?? [];
    readings.push(reading);
    this.#readings.set(run, readings);
  }

  /** The ledger as it is now. */
  ledger(): ReferenceLedger {
    const rows = new Float64Array(ROWS * ROW_FIELDS);
    const count = this.#tracker.drainDirty(rows, ROWS, 1);
    const devices: ReferenceLedger["devices"] = new Map();
    for (const id of this.#ids.values()) {
      devices.set(id, { counts: sumCounts([]), runs: [], gaps: [], readings: [] });
    }
    for (let base = 0; base < count * ROW_FIELDS; base += ROW_FIELDS) {
      const run = this.#runs.get(rows[base + ROW.RUN]!)!;
      const device = devices.get(this.#ids.get(run.device)!)!;
      const counts = countsOfRow(rows.subarray(base, base + ROW_FIELDS), { pending: 0, expired: 0 });
      const [first, highWater] = [rows[base + ROW.FIRST]!, rows[base + ROW.HIGH_WATER]!];
      const span = { first: first < 0 ? null : first, highWater: highWater < 0 ? null : highWater };
      const flags = rows[base + ROW.FLAGS]!;
      const ends = {
        headKnown: (flags & ROW_FLAG.HEAD_KNOWN) !== 0,
        tailKnown: (flags & ROW_FLAG.TAIL_KNOWN) !== 0,
      };
      device.runs = [...device.runs, { epoch: run.epoch, run: run.index, ...span, ...ends, counts }];
      device.counts = sumCounts([device.counts, counts]);
      device.gaps.push(...run.gaps);
      device.readings.push(...(this.#readings.get(rows[base + ROW.RUN]!) ?? []));
    }
    const counts = sumCounts([...devices.values()].map((device) => device.counts));
    const { rejected, ...others } = this.#count;
    const fleet = { counts, ...others, shed: 0, held: this.#tracker.heldCount, rejected: { any: rejected } };
    return { fleet, devices, listeningSinceUs: 0 };
  }

  #fill(run: Run, sequence: number, arrival: ArrivalBin): void {
    const at = run.gaps.findIndex(
      ({ first, last, state }) => state !== "filled" && first <= sequence && sequence <= last,
    );
    const gap = run.gaps[at]!;
    const parts = [
      { ...gap, last: sequence - 1 },
      { ...gap, first: sequence + 1 },
    ].filter(({ first, last }) => first <= last);
    run.gaps.splice(at, 1, ...parts, { ...gap, first: sequence, last: sequence, state: "filled", arrival });
  }

  #sink(): TrackerSink {
    const ignore = (): void => undefined;
    return {
      deviceCreated: (device, id) => this.#ids.set(device, id),
      runCreated: (run, device, epoch, index) => this.#runs.set(run, { device, epoch, index, gaps: [] }),
      deviceForgotten: ignore,
      sourceChanged: ignore,
      event: ignore,
      gapLost: (run, first, last, _openedAt, _closedAt, cause) => {
        const { epoch, index, gaps } = this.#runs.get(run)!;
        gaps.push({ epoch, run: index, first, last, state: "lost", cause: CAUSES[cause]!, arrival: null });
      },
      gapFilled: (run, sequence, _at, wasLost, _openedAt, _cause, _time, requests) =>
        this.#fill(this.#runs.get(run)!, sequence, arrivalBin(wasLost, requests)),
      heldAccepted: (device, run, sequence) => {
        this.#keep(run, { ...this.#held.get(device)!, run: this.#runs.get(run)!.index, sequence });
      },
      heldDropped: (_device, duplicate) => {
        // a duplicate is counted in its run
        if (!duplicate) this.#count.rejected++;
      },
    };
  }
}
