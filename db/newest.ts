import type { Batch } from "../protocol/batch.ts";
import { ROW } from "../protocol/ledger-row.ts";
import type { LedgerState } from "./ledger-state.ts";
import type { LatestColumns, LatestEntry } from "./view/latest-values.ts";

/** room for this many datagrams in one flush beside the run number in a float64 */
const DATAGRAMS = 2 ** 21;

/**
 * Find the newest values among the readings of a committed flush and set them in `state`, which has the flush's devices and runs already.
 * Runs are taken in ascending order, as a replay from the segment finds them.
 * @returns what changed, one entry per device and channel
 */
export const takeNewest = (state: LedgerState, batches: readonly Batch[], flush: number): LatestColumns => {
  const { order, batchOf, datagramOf, firstReadingOf } = byRun(batches);
  // one object, used again for each reading
  const reading: LatestEntry = {
    device: 0,
    channel: 0,
    run: 0,
    sequence: 0,
    time: 0,
    type: 0,
    value: 0,
    flush,
  };
  for (const key of order) {
    const place = key % DATAGRAMS;
    const batch = batches[batchOf[place]!]!;
    const datagram = datagramOf[place]!;
    reading.run = batch.datagramRun[datagram]!;
    reading.sequence = batch.datagramSequence[datagram]!;
    const runSlot = state.runs.slotOf(reading.run);
    if (runSlot < 0) continue;
    reading.device = state.runField(runSlot, ROW.DEVICE);
    const deviceSlot = state.devices.slotOf(reading.device);
    const first = firstReadingOf[place]!;
    const end = first + batch.datagramReadings[datagram]!;
    for (let at = first; at < end; at++) {
      reading.channel = batch.readingChannel[at]!;
      reading.time = batch.readingTime[at]!;
      reading.type = batch.readingType[at]!;
      reading.value = batch.readingValue[at]!;
      state.offerLatest(deviceSlot, reading);
    }
  }
  return state.latest.takeChanged();
};

interface Places {
  /** run number * DATAGRAMS + place, ascending: runs ascending, within a run in order of arrival */
  order: Float64Array;
  /** by place: index of the batch, of the datagram in it, of the datagram's first reading */
  batchOf: Uint16Array;
  datagramOf: Uint16Array;
  firstReadingOf: Uint32Array;
}

const byRun = (batches: readonly Batch[]): Places => {
  const most = batches.reduce((sum, batch) => sum + batch.datagramCount, 0);
  const places: Places = {
    order: new Float64Array(most),
    batchOf: new Uint16Array(most),
    datagramOf: new Uint16Array(most),
    firstReadingOf: new Uint32Array(most),
  };
  let place = 0;
  for (const [index, batch] of batches.entries()) {
    let firstReading = 0;
    for (let datagram = 0; datagram < batch.datagramCount; datagram++) {
      places.order[place] = batch.datagramRun[datagram]! * DATAGRAMS + place;
      places.batchOf[place] = index;
      places.datagramOf[place] = datagram;
      places.firstReadingOf[place] = firstReading;
      firstReading += batch.datagramReadings[datagram]!;
      place++;
    }
  }
  places.order.sort();
  return places;
};
