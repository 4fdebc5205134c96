import { expect, test } from "vitest";
import { openDatabaseAuditSource } from "../../../cli/audit/audit-database.ts";
import { CAUSE, ROW_FLAG } from "../../../protocol/ledger-row.ts";
import type { AuditSource } from "../../../simulator/audit/audit.ts";
import { IngestModel } from "../../support/ingest-model.ts";
import { StoreBed, viewOf } from "../../support/store-bed.ts";

const allOf = async <T>(pages: AsyncIterable<readonly T[]>): Promise<T[]> => {
  const all: T[] = [];
  for await (const page of pages) all.push(...page);
  return all;
};

/** What an audit sees of what a model has stored. */
const seen = async (
  fill: (model: IngestModel, flush: () => void) => void,
  look: (source: AuditSource) => Promise<void>,
): Promise<void> => {
  using bed = new StoreBed();
  const model = new IngestModel();
  const writer = bed.closing(bed.writer());
  const flush = (): void => {
    writer.accept(model.seal());
    writer.flush();
  };
  fill(model, flush);
  flush();
  const source = openDatabaseAuditSource(bed.file);
  try {
    expect(await source.fleet()).toEqual({
      counts: viewOf(writer).fleet().counts,
      ...viewOf(writer).fleet().counters,
    });
    await look(source);
  } finally {
    source.close();
  }
};

test("an audit reads every page of every list of a database", async () => {
  const ids = Array.from({ length: 1001 }, (_, index) => `device-${index}`);
  await seen(
    (model, flush) => {
      for (const id of ids) {
        const run = model.run(model.device(id), 7, 0, ROW_FLAG.CURRENT);
        const numbers = id === "device-1000" ? 20_002 : 1;
        for (let sequence = 0; sequence < numbers; sequence += 2) {
          model.receive(run, sequence, [{ channel: 1, value: sequence, timeUs: model.nowUs }]);
          if (sequence % 1000 !== 998) continue;
          model.close(run, CAUSE.NETWORK);
          flush();
        }
        model.close(run, CAUSE.NETWORK);
      }
    },
    async (source) => {
      expect((await allOf(source.devices())).toSorted()).toEqual(ids.toSorted());
      const even = Array.from({ length: 10_001 }, (_, index) => 2 * index);
      const gaps = await allOf(source.gaps("device-1000"));
      expect(gaps.map(({ first }) => first)).toEqual(even.slice(0, -1).map((number) => number + 1));
      const gap = { epoch: 7, run: 0, first: 1, last: 1, state: "lost", cause: "network", arrival: null };
      expect(gaps[0]).toMatchObject(gap);
      const readings = await allOf(source.readings("device-1000"));
      expect(readings.map(({ sequence }) => sequence)).toEqual(even);
    },
  );
});

test("an audit sees a device's runs, what is not known of them as null", async () => {
  await seen(
    (model) => {
      const device = model.device("pump");
      model.describe(device, 1, 1, "temperature");
      const run = model.run(device, 1, 0, ROW_FLAG.CURRENT);
      for (const sequence of [5, 6, 9]) {
        const readings = [
          { channel: 1, value: Number.NaN, timeUs: 1000 },
          { channel: 2, value: -0, timeUs: 1000 },
        ];
        model.receive(run, sequence, readings, 1000);
      }
      model.run(device, null, 1);
    },
    async (source) => {
      const pump = (await source.device("pump"))!;
      expect(pump.runs).toMatchObject([
        { epoch: 1, run: 0, first: 5, highWater: 9, headKnown: false, tailKnown: false },
        { epoch: null, run: 1, first: null, highWater: null, headKnown: false, tailKnown: false },
      ]);
      expect(pump.runs[0]!.counts).toMatchObject({ expected: 5, received: 3, stored: 3, missing: 2 });
      expect(pump.counts).toMatchObject({ expected: 5, received: 3, stored: 3, missing: 2 });
      expect(await source.device("valve")).toBeNull();
      expect((await allOf(source.readings("pump")))[0]).toMatchObject({
        ...{ epoch: 1, run: 0, sequence: 5, timeUs: 1000 },
        values: { temperature: Number.NaN, ch2: -0 },
      });
    },
  );
});

type Told = [
  kind: "collector-started" | "listener-state",
  listener?: string,
  state?: string,
  reason?: string,
];

test.each([
  ["of a start nobody knows of", [["listener-state", "a", "OK"]], null],
  [
    "of a start none of whose listeners came up",
    [["collector-started"], ["listener-state", "a", "FAILED"]],
    null,
  ],
  [
    "when the last of the listeners came up",
    [["collector-started"], ["listener-state", "a", "OK"], ["listener-state", "b", "OK"]],
    2,
  ],
  [
    "then also when one says again that it is",
    [
      ["collector-started"],
      ["listener-state", "a", "OK"],
      ["listener-state", "a", "OK", "by another thread"],
    ],
    1,
  ],
  [
    "without those that are gone",
    [
      ["collector-started"],
      ["listener-state", "a", "OK"],
      ["listener-state", "b", "OK"],
      ["listener-state", "b", "UNAVAILABLE"],
    ],
    1,
  ],
  [
    "again when one came back",
    [
      ["collector-started"],
      ["listener-state", "a", "OK"],
      ["listener-state", "a", "UNAVAILABLE"],
      ["listener-state", "a", "OK"],
    ],
    3,
  ],
  [
    "since the last start",
    [
      ["collector-started"],
      ["listener-state", "a", "OK"],
      ["listener-state", "b", "OK"],
      ["collector-started"],
      ["listener-state", "a", "OK"],
    ],
    4,
  ],
] as [string, Told[], number | null][])("a collector listens %s", async (_what, told, at) => {
  const startUs = 1_795_176_000_000_000;
  await seen(
    (model) => {
      for (const [index, [kind, listener, state, reason = null]] of told.entries()) {
        model.nowUs = startUs + index;
        model.event(null, kind, listener === undefined ? {} : { listener, state, reason });
      }
    },
    async (source) => {
      expect(await source.listeningSinceUs()).toBe(at === null ? null : startUs + at);
    },
  );
});
