import { ROW } from "../../protocol/ledger-row.ts";
import type { SortedDatagrams } from "../segment/sorted-datagrams.ts";
import type { LatestColumns, LatestEntry } from "../view/latest-values.ts";
import type { LedgerState } from "../view/ledger-state.ts";

const CHANNELS = 2 ** 16;
/** run and datagram (index among the sorted ones) in which a channel was met last; one pair for every channel there may be */
const metInRun = new Float64Array(CHANNELS);
const metInDatagram = new Uint32Array(CHANNELS);

/**
 * Find the newest values among the readings of a committed flush and set them in `state`, which has the flush's devices and runs already.
 * Of each run the newest datagram decides, so it is read from there backwards and a channel met in a newer datagram costs one comparison.
 * @param sorted - the flush's datagrams
 * @param highWaters - before the flush, of the runs of which it brought numbers below it: these are late
 * @returns what changed, one entry per device and channel
 */
export const takeNewest = (
  state: LedgerState,
  sorted: SortedDatagrams,
  flush: number,
  highWaters: ReadonlyMap<number, number>,
): LatestColumns => {
  metInRun.fill(-1);
  const { run, datagramCount } = sorted;
  for (let to = datagramCount; to > 0; ) {
    let from = to - 1;
    while (from > 0 && run[from - 1] === run[from]) from--;
    offerRun(state, sorted, from, to, flush, highWaters.get(run[from]!) ?? -1);
    to = from;
  }
  return state.latest.takeChanged();
};

/** Offer the newest reading of each channel of one run, datagrams [from, to). */
const offerRun = (
  state: LedgerState,
  sorted: SortedDatagrams,
  from: number,
  to: number,
  flush: number,
  highWater: number,
): void => {
  const run = sorted.run[from]!;
  const runSlot = state.runs.slotOf(run);
  if (runSlot < 0) return;
  const device = state.runField(runSlot, ROW.DEVICE);
  const deviceSlot = state.devices.slotOf(device);
  // one object, used again for each reading
  const reading: LatestEntry = { device, channel: 0, run, sequence: 0, time: 0, type: 0, value: 0, flush };
  const { readingStart, channel: channels } = sorted;
  for (let datagram = to - 1; datagram >= from; datagram--) {
    const isLate = sorted.sequence[datagram]! <= highWater;
    for (let at = readingStart[datagram]!; at < readingStart[datagram + 1]!; at++) {
      const channel = channels[at]!;
      // a channel may be in one datagram several times
      if (metInRun[channel] === run && metInDatagram[channel] !== datagram) continue;
      metInRun[channel] = run;
      metInDatagram[channel] = datagram;
      reading.channel = channel;
      reading.sequence = sorted.sequence[datagram]!;
      reading.time = sorted.readingTime[at]!;
      reading.type = sorted.type[at]!;
      reading.value = sorted.value[at]!;
      state.offerLatest(deviceSlot, reading, isLate);
    }
  }
};
