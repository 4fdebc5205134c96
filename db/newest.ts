import type { Batch } from "../protocol/batch.ts";
import { ROW } from "../protocol/ledger-row.ts";
import type { LedgerState } from "./ledger-state.ts";
import type { LatestColumns } from "./view/latest-values.ts";

/** room for this many datagrams in one flush beside the run number in a float64 */
const DATAGRAMS = 2 ** 21;

interface Place {
  batch: Batch;
  datagram: number;
  firstReading: number;
}

/**
 * Find the newest values among the readings of a committed flush and set them in `state`, which has the flush's devices and runs already.
 * Runs are taken in ascending order, as a replay from the segment finds them.
 * @returns what changed, one entry per device and channel
 */
export const takeNewest = (state: LedgerState, batches: readonly Batch[], flush: number): LatestColumns => {
  const changed = new Changed();
  for (const { batch, datagram, firstReading } of byRun(batches)) {
    const run = batch.datagramRun[datagram]!;
    const runSlot = state.runs.slotOf(run);
    if (runSlot < 0) continue;
    const device = state.runField(runSlot, ROW.DEVICE);
    const deviceSlot = state.devices.slotOf(device);
    const end = firstReading + batch.datagramReadings[datagram]!;
    for (let reading = firstReading; reading < end; reading++) {
      const channel = batch.readingChannel[reading]!;
      const isNewest = state.offerLatest(deviceSlot, {
        channel,
        run,
        sequence: batch.datagramSequence[datagram]!,
        time: batch.readingTime[reading]!,
        type: batch.readingType[reading]!,
        value: batch.readingValue[reading]!,
        flush,
      });
      if (isNewest) changed.add(device, channel);
    }
  }
  return changed.columns(state);
};

/** Every datagram with readings, runs ascending, otherwise in order of arrival. */
function* byRun(batches: readonly Batch[]): Generator<Place> {
  const places: Place[] = [];
  const keys: number[] = [];
  for (const batch of batches) {
    let firstReading = 0;
    for (let datagram = 0; datagram < batch.datagramCount; datagram++) {
      if (batch.datagramReadings[datagram]! > 0) {
        keys.push(batch.datagramRun[datagram]! * DATAGRAMS + places.length);
        places.push({ batch, datagram, firstReading });
      }
      firstReading += batch.datagramReadings[datagram]!;
    }
  }
  for (const key of Float64Array.from(keys).sort()) yield places[key % DATAGRAMS]!;
}

/** The (device, channel) pairs that changed, each once. */
class Changed {
  readonly #channelsByDevice = new Map<number, Set<number>>();
  #count = 0;

  add(device: number, channel: number): void {
    let channels = this.#channelsByDevice.get(device);
    if (channels === undefined) {
      channels = new Set();
      this.#channelsByDevice.set(device, channels);
    }
    if (channels.has(channel)) return;
    channels.add(channel);
    this.#count++;
  }

  columns(state: LedgerState): LatestColumns {
    const columns = emptyLatest(this.#count);
    let at = 0;
    for (const [device, channels] of this.#channelsByDevice) {
      const slot = state.devices.slotOf(device);
      for (const entry of state.latest.list(state.devices.latest[slot]!)) {
        if (!channels.has(entry.channel)) continue;
        columns.device[at] = device;
        columns.channel[at] = entry.channel;
        columns.run[at] = entry.run;
        columns.sequence[at] = entry.sequence;
        columns.time[at] = entry.time;
        columns.type[at] = entry.type;
        columns.value[at] = entry.value;
        at++;
      }
    }
    return columns;
  }
}

export const emptyLatest = (count = 0): LatestColumns => ({
  count,
  device: new Uint32Array(count),
  channel: new Uint16Array(count),
  run: new Uint32Array(count),
  sequence: new Float64Array(count),
  time: new Float64Array(count),
  type: new Uint8Array(count),
  value: new Float64Array(count),
});
