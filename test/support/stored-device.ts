import type { DeviceArchive } from "../../collector/tracker/types.ts";
import type { DeviceSnapshot, RunSnapshot } from "../../protocol/batch.ts";
import { CAUSE, ROW, ROW_FIELDS, ROW_FLAG } from "../../protocol/ledger-row.ts";
import { BED_START_US } from "./tracker-bed.ts";

/** A run of device 1 as a database might give it: 0-9 received but for `absent`, current and confirmed unless told otherwise. */
export const snapshotOf = (run: number, epoch: number, absent: RunSnapshot["absent"] = []): RunSnapshot => {
  const row = new Float64Array(ROW_FIELDS);
  const count = (state: string): number =>
    absent
      .filter((range) => range.state === state)
      .reduce((sum, { first, last }) => sum + last - first + 1, 0);
  row[ROW.RUN] = run;
  row[ROW.DEVICE] = 1;
  row[ROW.HIGH_WATER] = 9;
  row[ROW.IN_ORDER] = 10 - count("open") - count("lost");
  row[ROW.MISSING] = count("open");
  row[ROW.LOST + CAUSE.UNDETERMINED] = count("lost");
  row[ROW.FIRST_ARRIVAL] = BED_START_US - 120_000_000;
  row[ROW.LAST_ARRIVAL] = BED_START_US - 60_000_000;
  row[ROW.HIGH_WATER_AT] = BED_START_US - 60_000_000;
  row[ROW.FLAGS] = ROW_FLAG.HEAD_KNOWN | ROW_FLAG.CURRENT | ROW_FLAG.CONFIRMED;
  return { epoch, index: 0, row, absent };
};

/** Numbers that are absent in a run of such a device, since a minute before the bed begins. */
export const range = (
  first: number,
  last: number,
  state: "open" | "lost",
): RunSnapshot["absent"][number] => ({
  first,
  last,
  state,
  cause: CAUSE.UNDETERMINED,
  openedAt: BED_START_US - 60_000_000,
  timeBefore: 0,
  timeAfter: 0,
  requests: 0,
});

/** Device 1, `pump-7`, with these runs. */
export const deviceOf = (...runs: RunSnapshot[]): DeviceSnapshot => ({
  device: 1,
  id: "pump-7",
  source: "192.0.2.7:5000",
  runs,
  channels: [],
});

/** An archive that knows no device: what leaves the memory can do so, and does not come back. */
export const noArchive: DeviceArchive = { load: () => null, loadEpoch: () => null };
