import { EARLIEST_TIME_US, LATEST_AHEAD_US, VALUE_TYPE } from "../../protocol/constants.ts";
import { undescribedName } from "../../protocol/text.ts";
import { formatTime, parseTime } from "../../protocol/time.ts";
import { READ_OUT_US, readingTimeOf } from "../fleet/encoder.ts";
import { subKey } from "../fleet/random.ts";
import { Schedule } from "../fleet/schedule.ts";
import { type Channel, channelsOf } from "../fleet/signals.ts";
import type { TruthHeader, TruthRecord } from "../truth/truth.ts";
import type { AuditReading } from "./source.ts";

/** Recomputes what the devices of a truth file measured. */
export class ExpectedReadings {
  readonly schedule: Schedule;
  readonly #header: TruthHeader;
  readonly #channels: readonly Channel[];
  /** the collector goes by arrival when the datagrams state no time, or one it must refuse */
  readonly #statesTime: boolean;

  constructor(header: TruthHeader) {
    this.#header = header;
    this.schedule = new Schedule(header);
    this.#channels = channelsOf(header.signals, header.channels);
    const { baseTimeUs, format, jsonTime } = header;
    const skewUs = header.skewMs * 1000;
    const isAccepted =
      baseTimeUs - skewUs - READ_OUT_US >= EARLIEST_TIME_US &&
      baseTimeUs - parseTime(header.startedAt) + skewUs < LATEST_AHEAD_US;
    this.#statesTime = (format === "native" || jsonTime) && isAccepted;
  }

  get valuesPerDatagram(): number {
    return this.#channels.length;
  }

  /**
   * Compares what is stored for one number with what was sent.
   * @returns null when they agree, else what the truth and the ledger say
   */
  compare(
    record: TruthRecord,
    reading: AuditReading & { sequence: number },
  ): { subject: "value" | "time"; truth: string; ledger: string } | null {
    const device = this.schedule.deviceOf(record.device);
    const key = this.schedule.signalKey(device, record.epoch);
    for (const { number, name, signal } of this.#channels) {
      const sent = signal.valueAt(subKey(key, number), reading.sequence);
      const expected = signal.type === VALUE_TYPE.BOOL ? sent === 1 : sent;
      const stored = reading.values[name] ?? this.#undescribed(reading, number);
      if (!Object.is(stored, expected)) {
        return {
          subject: "value",
          truth: `${name} = ${expected}`,
          ledger: `${name} = ${stored ?? "absent"}`,
        };
      }
    }
    const extra = Object.keys(reading.values).length - this.#channels.length;
    if (extra !== 0) {
      return { subject: "value", truth: `${this.#channels.length} values`, ledger: `${extra} more` };
    }
    return this.#compareTime(device, record, reading);
  }

  /** A JSON datagram names what it carries; a binary one may be stored before, or without, its description. */
  #undescribed({ values }: AuditReading, channel: number): number | boolean | string | undefined {
    return this.#header.format === "native" ? values[undescribedName(channel)] : undefined;
  }

  #compareTime(
    device: number,
    record: TruthRecord,
    reading: AuditReading & { sequence: number },
  ): { subject: "time"; truth: string; ledger: string } | null {
    if (!this.#statesTime) return null;
    const startUs = parseTime(record.startedAt) - this.#header.baseTimeUs;
    const slot = this.schedule.slotOf(device, startUs, reading.sequence);
    const sendTimeUs = this.schedule.sendTimeUs(device, this.schedule.slotTimeUs(slot));
    const expectedUs = readingTimeOf(sendTimeUs, this.#header);
    if (expectedUs === reading.timeUs) return null;
    return { subject: "time", truth: formatTime(expectedUs), ledger: formatTime(reading.timeUs) };
  }
}
