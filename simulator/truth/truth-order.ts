import { LacunaError } from "../../common/errors.ts";
import { formatTime, parseTime } from "../../protocol/time.ts";
import { Schedule } from "../fleet/schedule.ts";
import type { TruthHeader, TruthRecord } from "./truth.ts";

/**
 * What the lines of a truth file say together: devices use their numbers in turn, so each line says when the device's next one begins, and all devices have used equally many, but
 * for the last round. A line that is missing, there twice, out of order or of another fleet shows: an audit that never sees it would find that every number is explained.
 */
export class TruthOrder {
  readonly #header: TruthHeader;
  readonly #schedule: Schedule;
  /** numbers by device, all its starts so far together */
  readonly #used: Float64Array;

  constructor(header: TruthHeader) {
    this.#header = header;
    this.#schedule = new Schedule(header);
    this.#used = new Float64Array(this.#schedule.devices);
  }

  /**
   * @param where - the line, for the error
   * @throws LacunaError `ERR_TRUTH_FORMAT`
   */
  add({ device: id, startedAt, next }: TruthRecord, where: string): void {
    const device = this.#schedule.deviceOf(id);
    if (device < 0) throw refusal(where, `${id} is none of the devices of the first line`);
    const slot = device + this.#used[device]! * this.#schedule.devices;
    const dueUs = this.#header.baseTimeUs + this.#schedule.slotTimeUs(slot);
    if (parseTime(startedAt) !== dueUs) {
      const due = `by the lines before it begins at ${formatTime(dueUs)}`;
      throw refusal(where, `${due}: a line is missing, there twice or out of order`);
    }
    this.#used[device]! += next;
  }

  /**
   * No line follows.
   * @throws LacunaError `ERR_TRUTH_FORMAT`
   */
  end(path: string): void {
    const [most] = this.#used;
    if (most === 0) throw refusal(path, "no number was used: there is nothing to audit");
    for (let device = 1; device < this.#used.length; device++) {
      const used = this.#used[device]!;
      if (used <= this.#used[device - 1]! && used >= most! - 1) continue;
      const id = this.#schedule.deviceId(device);
      const others = `${this.#schedule.deviceId(0)} has used ${most}`;
      throw refusal(path, `${id} has used ${used} numbers and ${others}, in turn: lines are missing`);
    }
  }
}

const refusal = (where: string, what: string): LacunaError =>
  new LacunaError("ERR_TRUTH_FORMAT", `${where}: ${what}`);
