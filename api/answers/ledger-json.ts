import { setImmediate as nextTurn } from "node:timers/promises";
import type { Static } from "typebox";
import {
  completenessOf,
  countsOfRow,
  endsOfRow,
  type LedgerCounts,
  lossOf,
} from "../../protocol/ledger-counts.ts";
import { formatTime } from "../../protocol/time.ts";
import type { ApiContext } from "../context.ts";
import { exactJson } from "../live/event-text.ts";
import type { DeviceLedger, FleetLedger, LedgerEpoch, LedgerTotal } from "../schemas/ledger.ts";
import type { DeviceView, LedgerSource, RunView } from "../sources.ts";

/** What several runs come to, as `ledger` and `total` show it. */
export const totalJson = (counts: LedgerCounts): Static<typeof LedgerTotal> => {
  const { raw, residual } = lossOf(counts);
  return {
    ...counts,
    completeness: completenessOf(counts.received, counts.expected),
    rawLoss: raw,
    residualLoss: residual,
  };
};

const epochJson = (run: RunView): Static<typeof LedgerEpoch> => ({
  epoch: run.epoch,
  run: run.index,
  ...endsOfRow(run.row),
  ...totalJson(countsOfRow(run.row, run)),
});

/** Time of the last commit of this process or the ones before; null before the first of all. */
const commitTime = ({ asOfUs }: LedgerSource): string | null => (asOfUs > 0 ? formatTime(asOfUs) : null);

/** `event: ledger` of the fleet. */
export const fleetLedgerEvent = (ledger: LedgerSource) => {
  const { counts, counters } = ledger.fleet();
  return { device: null, asOf: commitTime(ledger), total: { ...totalJson(counts), ...counters } };
};

/** `event: ledger` of a device: without its runs. */
export const deviceLedgerEvent = (ledger: LedgerSource, device: DeviceView) => ({
  device: device.id,
  asOf: commitTime(ledger),
  total: totalJson(device.total.counts),
});

/**
 * Time of the last commit in an answer; before the first one what the process found at its start.
 * @param asOfUs - of an answer that was made before
 */
export const asOf = ({ sources, startedAtUs }: ApiContext, asOfUs: number = sources.ledger.asOfUs): string =>
  formatTime(asOfUs > 0 ? asOfUs : startedAtUs);

/** Runs of a ledger that are written without letting others have their turn: 5 ms. */
const RUNS_AT_ONCE = 500;

/**
 * `GET /devices/{id}/ledger`; of very many runs as text, as they are now, RUNS_AT_ONCE at a time.
 * @param limit - so many of the newest runs; left out: all
 */
export const deviceLedger = (
  context: ApiContext,
  device: DeviceView,
  limit?: number,
): Static<typeof DeviceLedger> | AsyncIterable<string> => {
  const { total } = device;
  const head: Omit<Static<typeof DeviceLedger>, "epochs"> = {
    asOf: asOf(context),
    total: totalJson(total.counts),
    ...(limit !== undefined && { runs: total.runs }),
  };
  const runs = limit === undefined ? device.runs : newestOf(device, limit);
  if (runs.length <= RUNS_AT_ONCE) return { ...head, epochs: runs.map(epochJson) };
  return piecesOf(`${exactJson(head).slice(0, -1)},"epochs":[`, runs, "]}");
};

/** In the order they became known. */
const newestOf = (device: DeviceView, limit: number): RunView[] => {
  const newest: RunView[] = [];
  for (const run of device.newestRuns()) if (newest.push(run) === limit) break;
  return newest.reverse();
};

async function* piecesOf(head: string, runs: readonly RunView[], tail: string): AsyncGenerator<string> {
  yield head;
  for (let at = 0; at < runs.length; at += RUNS_AT_ONCE) {
    const epochs = runs.slice(at, at + RUNS_AT_ONCE).map((run) => JSON.stringify(epochJson(run)));
    yield `${at === 0 ? "" : ","}${epochs.join(",")}`;
    await nextTurn();
  }
  yield tail;
}

/** `GET /ledger` */
export const fleetLedger = (context: ApiContext): Static<typeof FleetLedger> => {
  const { counts, counters } = context.sources.ledger.fleet();
  return { asOf: asOf(context), total: { ...totalJson(counts), ...counters } };
};
