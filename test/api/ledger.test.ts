import { expect, test } from "vitest";
import { countsOfRow } from "../../protocol/ledger-counts.ts";
import { CAUSE, ROW, ROW_FLAG } from "../../protocol/ledger-row.ts";
import { REFUSAL_REASONS, REJECT_REASONS } from "../../protocol/reasons.ts";
import { testApi } from "../support/api.ts";
import { NOON_US, rowOf, runOf, usualRow } from "../support/fake-sources.ts";
import { assertFleetIdentities, assertRunIdentities } from "../support/identities.ts";

test("the fleet's ledger is the sum over devices, with what belongs to no device", async () => {
  const { sources, get } = await testApi();
  sources.add({ id: "a" }, { id: "b" });
  sources.counters = {
    datagrams: 215,
    control: 3,
    shed: 2,
    held: 1,
    rejected: { "bad-magic": 7 },
    refusedReadings: { "unknown-type": 5 },
  };
  const { status, json } = await get("/api/v1/ledger");
  expect(status).toBe(200);
  expect(json).toEqual({
    asOf: "2026-11-20T11:59:59.800000Z",
    total: {
      expected: 200,
      received: 194,
      inOrder: 190,
      reordered: 2,
      recovered: 0,
      late: 2,
      missing: 2,
      lost: 4,
      pending: 0,
      stored: 194,
      expired: 0,
      duplicates: 8,
      redundant: 0,
      unsequenced: 0,
      unknown: 0,
      completeness: 0.97,
      rawLoss: 0.02,
      residualLoss: 0.02,
      causes: {
        network: 0,
        "socket-overflow": 0,
        "queue-overflow": 4,
        "collector-down": 0,
        gone: 0,
        undetermined: 0,
      },
      datagrams: 215,
      control: 3,
      shed: 2,
      held: 1,
      rejected: { "bad-magic": 7 },
      refusedReadings: { "unknown-type": 5 },
    },
  });
  assertFleetIdentities(json.total);
});

test("an empty fleet has expected nothing and no completeness", async () => {
  const { get } = await testApi();
  expect((await get("/api/v1/ledger")).json.total).toMatchObject({ expected: 0, completeness: null });
});

test("before the first commit the ledger is as of the start of the process", async () => {
  const { sources, get } = await testApi();
  sources.asOfUs = 0;
  expect((await get("/api/v1/ledger")).json.asOf).toBe("2026-11-20T11:59:00.000000Z");
});

test.each(REJECT_REASONS.slice(1))(
  "datagrams rejected as %s are seen in the ledger and on /metrics",
  async (reason) => {
    const { sources, get } = await testApi();
    sources.counters = { ...sources.counters, datagrams: 3, rejected: { [reason]: 3 } };
    expect((await get("/api/v1/ledger")).json.total.rejected).toEqual({ [reason]: 3 });
    expect((await get("/metrics")).text).toContain(`lacuna_rejected_datagrams_total{reason="${reason}"} 3\n`);
  },
);

test.each(REFUSAL_REASONS)(
  "readings refused as %s are seen in the ledger and on /metrics",
  async (reason) => {
    const { sources, get } = await testApi();
    sources.counters = { ...sources.counters, refusedReadings: { [reason]: 2 } };
    expect((await get("/api/v1/ledger")).json.total.refusedReadings).toEqual({ [reason]: 2 });
    expect((await get("/metrics")).text).toContain(`lacuna_refused_readings_total{reason="${reason}"} 2\n`);
  },
);

test("sums beyond 2^53 are exact JSON integers", async () => {
  const { sources, get } = await testApi();
  const counts = countsOfRow(usualRow(), { pending: 0, expired: 0 });
  sources.counts = { ...counts, expected: 9_007_199_254_740_993n, lost: 18_014_398_509_481_985n };
  const { text } = await get("/api/v1/ledger");
  expect(text).toContain('"expected":9007199254740993,');
  expect(text).toContain('"lost":18014398509481985,');
});

test("a device's ledger has a part per epoch and run, and their sum", async () => {
  const { sources, get } = await testApi();
  const former = rowOf({
    FIRST: 10,
    HIGH_WATER: 19,
    IN_ORDER: 8,
    FLAGS: ROW_FLAG.TAIL_KNOWN,
    LAST_ARRIVAL: NOON_US,
  });
  former[ROW.LOST + CAUSE.COLLECTOR_DOWN] = 2;
  sources.add({
    id: "d",
    runs: [runOf({ epoch: 1, row: former, expired: 3 }), runOf({ epoch: 2, index: 1, pending: 7 })],
  });
  const { json } = await get("/api/v1/devices/d/ledger");
  expect(json.epochs).toEqual([
    expect.objectContaining({
      epoch: 1,
      run: 0,
      first: 10,
      highWater: 19,
      headKnown: false,
      tailKnown: true,
      unknown: 1,
    }),
    expect.objectContaining({
      epoch: 2,
      run: 1,
      first: 0,
      highWater: 99,
      headKnown: true,
      tailKnown: false,
      unknown: 0,
    }),
  ]);
  expect(json.epochs[0].causes["collector-down"]).toBe(2);
  expect(json.epochs[0].completeness).toBe(0.8);
  expect(json.total).toMatchObject({
    expected: 110,
    received: 105,
    pending: 7,
    expired: 3,
    stored: 95,
    unknown: 1,
  });
  for (const ledger of [json.total, ...json.epochs]) assertRunIdentities(ledger);
});

test("the ledger of a device with very many runs is the same, and leaves turns to others while it is written", async () => {
  const { sources, get } = await testApi();
  const runs = Array.from({ length: 1201 }, (_, epoch) => runOf({ epoch, run: epoch + 1 }));
  sources.add({ id: "few", runs: runs.slice(0, 500) }, { id: "many", runs });
  const few = await get("/api/v1/devices/few/ledger");
  let turns = 0;
  const count = (): void => {
    turns++;
    turn = setImmediate(count);
  };
  let turn = setImmediate(count);
  const many = await get("/api/v1/devices/many/ledger");
  clearImmediate(turn);
  expect(many.headers["content-type"]).toBe(few.headers["content-type"]);
  expect(many.json.epochs.slice(0, 500)).toEqual(few.json.epochs);
  expect(many.json.epochs.map(({ epoch }: { epoch: number }) => epoch)).toEqual(
    runs.map(({ epoch }) => epoch),
  );
  expect(many.json).toMatchObject({ asOf: few.json.asOf, total: { expected: 120_100, received: 116_497 } });
  expect(turns).toBeGreaterThanOrEqual(3);
});

test("with a limit a device's ledger has the newest runs, says how many there are, and looks at no others", async () => {
  const { sources, get } = await testApi();
  const runs = Array.from({ length: 1201 }, (_, epoch) => runOf({ epoch, run: epoch + 1 }));
  let copied = 0;
  const newestRuns = function* () {
    for (const run of runs.toReversed()) {
      copied++;
      yield run;
    }
  };
  sources.add({ id: "d", runs, newestRuns }, { id: "few", runs: runs.slice(0, 2) });
  const all = await get("/api/v1/devices/d/ledger");
  expect(all.json).not.toHaveProperty("runs");
  // the fleet's counters are sampled once a second, and would be summed up anew
  sources.counts = sources.ledger.fleet().counts;
  Object.defineProperty(sources.devices.get("d")!, "runs", {
    get: () => expect.fail("all runs were copied"),
  });
  for (const limit of [1, 8, 1000]) {
    copied = 0;
    const { json } = await get(`/api/v1/devices/d/ledger?limit=${limit}`);
    expect(json).toEqual({ ...all.json, runs: 1201, epochs: all.json.epochs.slice(-limit) });
    expect(copied).toBe(limit);
  }
  const few = await get("/api/v1/devices/few/ledger?limit=8");
  expect(few.json).toMatchObject({ runs: 2, epochs: [{ epoch: 0 }, { epoch: 1 }] });
  for (const query of ["limit=0", "limit=1001", "limit=x", "cursor=x"])
    expect((await get(`/api/v1/devices/d/ledger?${query}`)).status).toBe(400);
});

test("what a run does not know yet is null", async () => {
  const { sources, get } = await testApi();
  sources.add({
    id: "d",
    runs: [runOf({ epoch: null, row: rowOf({ FLAGS: ROW_FLAG.UNSEQUENCED, UNSEQUENCED: 9 }) })],
  });
  const { json } = await get("/api/v1/devices/d/ledger");
  expect(json.epochs[0]).toMatchObject({
    epoch: null,
    first: null,
    highWater: null,
    completeness: null,
    unsequenced: 9,
  });
});

test("a run that began with a heartbeat has expected nothing yet", async () => {
  const { sources, get } = await testApi();
  sources.add({ id: "d", runs: [runOf({ row: rowOf({ FIRST: 0, HIGH_WATER: -1 }) })] });
  expect((await get("/api/v1/devices/d/ledger")).json.epochs[0]).toMatchObject({
    first: 0,
    highWater: null,
    expected: 0,
  });
});

test("the greatest number survives as an integer", async () => {
  const { sources, get } = await testApi();
  const greatest = Number.MAX_SAFE_INTEGER - 1;
  sources.add({
    id: "d",
    runs: [runOf({ row: rowOf({ FIRST: greatest, HIGH_WATER: greatest, IN_ORDER: 1 }) })],
  });
  expect((await get("/api/v1/devices/d/ledger")).text).toContain(
    '"first":9007199254740990,"highWater":9007199254740990',
  );
});
