import { describe, expect, test } from "vitest";
import type { Finding } from "../../api/findings/finding.ts";
import { findingsOf } from "../../api/findings/findings.ts";
import {
  machineryFindings,
  queueFindings,
  storeFindings,
  windowFindings,
} from "../../api/findings/machinery.ts";
import { bucketOf, HISTOGRAM_BUCKETS } from "../../common/log-histogram.ts";
import { FakeSources } from "../support/fake-sources.ts";

const MIB = 2 ** 20;

const delaysOf = (...groups: [count: number, delayMs: number][]): number[] => {
  const delays = new Array<number>(HISTOGRAM_BUCKETS).fill(0);
  for (const [count, delayMs] of groups) delays[bucketOf(delayMs * 1000)]! += count;
  return delays;
};

describe("the reorder window", () => {
  test("that is much longer than needed may be shorter, with as much again to spare", () => {
    const [finding] = windowFindings({ windowMs: 250, delays: delaysOf([99_950, 16.5], [50, 200]) });
    expect(finding).toEqual({
      code: "reorder-window",
      severity: "advice",
      sentence:
        "A reorder window of 18 ms would have been enough for 99.9 % of reordering (100,000 numbers); it is 250 ms.",
      fix: 'window = "36ms"',
      listener: null,
    });
  });

  test("that is a little longer than needed is well as it is", () => {
    const said = (windowMs: number): unknown =>
      windowFindings({ windowMs, delays: delaysOf([20_000, 16.5]) }).map(({ severity, sentence, fix }) => [
        severity,
        / (\w+ (?:just|have been) enough) /.exec(sentence)?.[1],
        fix,
      ]);
    expect(said(71)).toEqual([["note", "would have been enough", null]]);
    expect(said(72)).toEqual([["advice", "would have been enough", 'window = "36ms"']]);
    expect(said(18)).toEqual([["note", "was just enough", null]]);
  });

  test("that is too short shall be longer", () => {
    const [finding] = windowFindings({ windowMs: 10, delays: delaysOf([20_000, 16.5]) });
    expect(finding!.sentence).toContain("A reorder window of 18 ms is needed for 99.9 % of reordering");
    expect(finding!.fix).toBe('window = "36ms"');
  });

  test("of few numbers out of order is told of 99 %, of very few not at all", () => {
    expect(windowFindings({ windowMs: 250, delays: delaysOf([2000, 16.5]) })[0]!.sentence).toContain(
      "for 99 % of",
    );
    expect(windowFindings({ windowMs: 250, delays: delaysOf([999, 16.5]) })).toEqual([]);
  });

  test("is not meant for what a device sends again long after", () => {
    expect(windowFindings({ windowMs: 250, delays: delaysOf([20_000, 3_600_000]) })).toEqual([]);
  });
});

test("what was shed for want of a batch is a problem and asks for more of them, up to the most there may be", () => {
  const { store } = new FakeSources();
  const queue = (capacity: number, refused: number) => ({
    queues: [{ name: "batches", length: 0, capacity, refused }],
  });
  expect(queueFindings(queue(48, 0), store)).toEqual([]);
  expect(queueFindings(queue(48, 12), store)[0]).toMatchObject({
    code: "batch-pool",
    severity: "problem",
    sentence:
      "12 datagrams were shed: of 48 batches none was free for datagrams, as they were under way to the database.",
    fix: "poolBatches = 96",
  });
  expect(queueFindings(queue(48, 1), store)[0]!.sentence).toMatch(/^1 datagram was shed: /);
  expect([600, 1023, 1024].map((capacity) => queueFindings(queue(capacity, 12), store)[0]!.fix)).toEqual([
    "poolBatches = 1024",
    "poolBatches = 1024",
    null,
  ]);
});

test("what was shed while commits fail asks for no larger pool, and for one with a word of them afterwards", () => {
  const { store } = new FakeSources();
  const queues = [{ name: "batches", length: 48, capacity: 48, refused: 12 }];
  const told = (given: Partial<typeof store>) => {
    const [{ sentence, fix }] = queueFindings({ queues }, { ...store, ...given }) as [Finding];
    return [/as they were .*/.exec(sentence)![0], fix];
  };
  expect(told({ state: "FAILING", commitFailures: 1 })).toEqual([
    "as they were under way to the database, where 1 commit has failed since the start.",
    null,
  ]);
  const many = "as they were under way to the database, where 1,200 commits have failed since the start.";
  expect(told({ state: "FAILED", commitFailures: 1200 })).toEqual([many, null]);
  expect(told({ state: "OK", commitFailures: 1200 })).toEqual([many, "poolBatches = 96"]);
});

test("another queue that refused something is a problem by its name", () => {
  const { store } = new FakeSources();
  const queues = [{ name: "handover", length: 0, capacity: 24, refused: 1 }];
  const [finding] = queueFindings({ queues }, store);
  expect(finding).toMatchObject({
    code: "queue-full",
    severity: "problem",
    sentence: 'The queue "handover" was full and refused 1 datagram.',
  });
});

test("a database that does not commit is a problem, a merge that failed is advice", () => {
  const { store } = new FakeSources();
  expect(storeFindings(store)).toEqual([]);
  const [failing, merging] = storeFindings({
    ...store,
    state: "FAILING",
    reason: "disk I/O error (SQLITE_IOERR_WRITE)",
    mergeError: "database disk image is malformed (SQLITE_CORRUPT)",
  });
  expect(failing).toMatchObject({ code: "database", severity: "problem" });
  expect(failing!.sentence).toContain("The database is FAILING: disk I/O error (SQLITE_IOERR_WRITE).");
  expect(merging).toMatchObject({
    code: "merging",
    severity: "advice",
    fix: expect.stringMatching(/^lacuna check/),
  });
  const fixOf = (mergeError: string) => storeFindings({ ...store, mergeError })[0]!.fix;
  expect(fixOf("the database /a.db cannot be read from its disk (ERR_DATABASE_UNREADABLE)")).toMatch(
    /^dmesg /,
  );
  expect(fixOf("database or disk is full (SQLITE_FULL)")).toMatch(/^df -h /);
  expect(fixOf("out of memory (ERR_WORKER_OUT_OF_MEMORY)")).toBeNull();
  const [locked] = storeFindings({
    ...store,
    path: "/srv/a.db",
    state: "FAILING",
    reason: "database is locked (SQLITE_BUSY)",
  });
  const [full] = storeFindings({ ...store, state: "FAILING", reason: "disk is full (SQLITE_FULL)" });
  expect(fixOf("disk I/O error (SQLITE_IOERR_FSYNC)")).toMatch(/^dmesg \| tail {2}#/);
  // SQLite's word for all but a full disk
  expect([failing!.fix, full!.fix, locked!.fix]).toEqual([
    expect.stringMatching(/^dmesg .*; quota -s; ulimit -f {2}# /),
    expect.stringMatching(/^df -h /),
    expect.stringMatching(/^fuser -v \/srv\/a\.db /),
  ]);
  expect(storeFindings({ ...store, damage: "segment 12 of the database is damaged" })).toMatchObject([
    { code: "database-damaged", severity: "problem", sentence: expect.stringContaining("segment 12") },
  ]);
});

test("a database that is too large without readings asks for room for as much again", () => {
  const { store } = new FakeSources();
  expect(storeFindings({ ...store, bytesWithoutReadings: 1.4 * MIB })).toMatchObject([
    {
      code: "max-size",
      severity: "problem",
      sentence: expect.stringContaining("takes 1.4 MiB without them"),
      fix: 'maxSize = "3MiB"  # or more',
    },
  ]);
});

test("a thread that says nothing is told by its name", () => {
  const { collector, store } = new FakeSources();
  const threads = (["running", "stalled"] as const).map((state, index) => ({
    name: `ingest-${index}`,
    state,
    utilization: null,
  }));
  expect(machineryFindings({ ...collector, threads }, store)).toMatchObject([
    { code: "thread-stalled", severity: "problem", sentence: expect.stringContaining("ingest-1") },
  ]);
});

test("threads that do not come back from the database are counted", () => {
  const { collector, store } = new FakeSources();
  const sentences = [1, 2].map(
    (stalledReaders) => machineryFindings(collector, { ...store, stalledReaders })[0]?.sentence,
  );
  expect(sentences).toEqual([
    expect.stringMatching(/^1 thread that answers queries does not come back/),
    expect.stringMatching(/^2 threads that answer queries do not come back/),
  ]);
});

test("a path that is down is told by its name, with its listener where it has one only", () => {
  const { collector, store } = new FakeSources();
  const figures = {
    sinceUs: 0,
    expected: 9,
    received: 0,
    redundant: 0,
    onlyHere: 0,
    skewMedianUs: null,
    skewP99Us: null,
  };
  const paths = [
    { ...figures, path: "B", listeners: ["udp://b"], state: "down" as const },
    { ...figures, path: null, listeners: ["udp://a", "udp://c"], state: "down" as const },
    { ...figures, path: "C", listeners: ["udp://d"], state: "up" as const },
  ];
  const findings = findingsOf({ ...collector, listeners: [], paths }, store);
  expect(findings.map(({ sentence, listener }) => [sentence.split(" brings ")[0], listener])).toEqual([
    ["Path B", "udp://b"],
    ["The path without a name", null],
  ]);
});
