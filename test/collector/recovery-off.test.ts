import { expect, test } from "vitest";
import type { IngestOptions } from "../../collector/ingest/ingest-options.ts";
import { NOTHING_RESTORED } from "../../collector/ingest/nothing-restored.ts";
import { OP, OP_CODE } from "../../protocol/batch.ts";
import { CAUSE, ROW } from "../../protocol/ledger-row.ts";
import { NOON_US, rowOf } from "../support/fake-sources.ts";
import { IngestBench } from "../support/ingest-bench.ts";

type Recovery = NonNullable<IngestOptions["recovery"]>;

/** A collector whose listeners are so, and that cannot send. */
const recovery = (...listeners: Recovery["listeners"]): Recovery => ({
  listeners,
  random: () => 0.5,
  send: () => false,
});

/** A database in which the stop cut the window of number 0, of which a heartbeat had told. */
const withOpenGap = {
  ...NOTHING_RESTORED,
  hasHistory: true,
  nextDevice: 2,
  nextRun: 2,
  devices: [
    {
      device: 1,
      id: "pump-7",
      source: "10.0.0.1:5000",
      channels: [],
      runs: [
        {
          epoch: 1,
          index: 0,
          row: rowOf({ RUN: 1, DEVICE: 1, FIRST: 0, HIGH_WATER: 0, MISSING: 1 }),
          absent: [
            {
              first: 0,
              last: 0,
              state: "open" as const,
              cause: CAUSE.NETWORK,
              openedAt: NOON_US,
              timeBefore: NOON_US,
              timeAfter: NOON_US,
              requests: 0,
            },
          ],
        },
      ],
    },
  ],
};

test("where no listener asks a GONE is a control datagram, and its ranges are not used", () => {
  const bench = new IngestBench({ recovery: recovery("off", "off"), formats: ["auto", "auto"] });
  bench.receive({ sequence: 0 });
  bench.receive({ sequence: 2 });
  bench.receive({ kind: "GONE", sequence: 5, gone: [[1, 1]] });
  expect(bench.counts()).toMatchObject({ received: 2, control: 1, rejected: {} });
  bench.advance(1000);
  expect(bench.reader.opsOf(OP_CODE.LOST).map((op) => [op[OP.FIRST], op[OP.LAST]])).toEqual([
    [1, 1],
    [3, 4],
  ]);
});

test("where one listener asks a GONE nobody asked for is rejected", () => {
  const bench = new IngestBench({ recovery: recovery("off", "on"), formats: ["auto", "auto"] });
  bench.receive({ sequence: 0 });
  bench.receive({ kind: "GONE", sequence: 5, gone: [[1, 1]] });
  expect(bench.counts()).toMatchObject({ received: 1, control: 0, rejected: { "not-asked": 1 } });
});

test("where no listener asks a gap cut by a stop is lost when its window is over, also of a silent device", () => {
  const bench = new IngestBench({ recovery: recovery("off"), restored: withOpenGap });
  bench.advance(500);
  expect(bench.reader.rows.get(1)![ROW.MISSING]).toBe(0);
  expect(bench.reader.opsOf(OP_CODE.LOST).map((op) => op[OP.CAUSE])).toEqual([CAUSE.COLLECTOR_DOWN]);
});
