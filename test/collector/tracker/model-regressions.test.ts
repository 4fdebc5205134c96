import { expect, test } from "vitest";
import { CAUSE, ROW } from "../../../protocol/ledger-row.ts";
import type { FaultEvent } from "../../support/fault-script/events.ts";
import { ROOMY, TIGHT } from "../../support/ledger-pair/bounds.ts";
import { LedgerPair } from "../../support/ledger-pair/ledger-pair.ts";
import type { NaiveDatagram } from "../../support/naive-ledger/device.ts";

/** Disagreements that random scripts once found, smallest script each. `LedgerPair` compares both ledgers after every event. */

const datagram = (fields: Partial<NaiveDatagram>): FaultEvent & { event: "datagram" } => ({
  event: "datagram",
  port: 1,
  datagram: {
    device: "pump-7",
    kind: "data",
    epoch: 10,
    sequence: 0,
    sendTimeUs: 0,
    isRelative: false,
    ...fields,
  },
});
const heartbeat = (fields: Partial<NaiveDatagram>): FaultEvent => datagram({ kind: "heartbeat", ...fields });
const pass = (ms: number): FaultEvent => ({ event: "advance", ms });
/** the kernel's counter is read, `drops` more than before */
const dropped = (drops: number): FaultEvent => ({ event: "kernel-drops", listener: 0, drops, lagMs: 0 });
const shed = (fields: Partial<NaiveDatagram>): FaultEvent => ({ ...datagram(fields), event: "shed" });
const tick: FaultEvent = { event: "tick", lagMs: 0, maxClosures: 1000 };

const rulesMet = (events: FaultEvent[]): string[] => {
  const rules: string[] = [];
  new LedgerPair((rule) => rules.push(rule), ROOMY).play(events);
  return rules;
};

test("a numbering without an epoch never counts as an epoch that went back", () => {
  const rules = rulesMet([
    datagram({ epoch: 3 }),
    datagram({ epoch: null }),
    datagram({ epoch: null, sequence: 1 }),
  ]);
  expect(rules).toContain("step 7 current by second number");
  expect(rules).not.toContain("R6 epoch went back");
});

test("an announced end is taken back by a heartbeat that says greater numbers were used", () => {
  const pair = new LedgerPair(() => undefined, ROOMY);
  pair.play([datagram({}), heartbeat({ sequence: 1, isEnd: true }), heartbeat({ sequence: 3 })]);
  expect([...pair.naive.devices.values()][0]?.runs[0]?.isEnded).toBe(false);
});

test("a heartbeat whose narrow number lies before the start of the numbering is ignored", () => {
  const narrow = { epoch: null, bits: 8, sendTimeUs: 1_795_176_000_000_000 };
  const rules = rulesMet([
    datagram({ ...narrow, sequence: 76 }),
    heartbeat({ ...narrow, sequence: 254, sendTimeUs: narrow.sendTimeUs + 2 }),
  ]);
  expect(rules).not.toContain("R8 numbers reused");
});

test("the gap of a confirmed hold opens when it is confirmed, so that it has a whole window", () => {
  const rules = rulesMet([
    datagram({ epoch: null, sequence: 1500 }),
    pass(9999),
    datagram({ epoch: null, sequence: 2 }),
    pass(250),
    datagram({ epoch: null, sequence: 3 }),
    tick,
    pass(250),
    tick,
  ]);
  expect(rules.filter((rule) => rule === "R9 window closed")).toHaveLength(1);
});

test("R14: of gaps that share the socket's drops the one that opened first has them, also when one tick closes both", () => {
  const pair = new LedgerPair(() => undefined, ROOMY);
  pair.play([
    datagram({}),
    dropped(1),
    datagram({ sequence: 2 }),
    pass(1),
    datagram({ sequence: 4 }),
    pass(260),
    dropped(0),
    tick,
  ]);
  expect(pair.store.absentOf(1).map(({ first, cause }) => [first, cause])).toEqual([
    [1, CAUSE.SOCKET_OVERFLOW],
    [3, CAUSE.UNDETERMINED],
  ]);
});

test("R14: a gap that the bound closes at the tick at which its window is over is judged, in whatever order the runs come", () => {
  const pair = new LedgerPair(() => undefined, { ...TIGHT, maxGapsPerDevice: 3 });
  const epochs = [10, 11, 12];
  pair.play([
    ...epochs.map((epoch) => datagram({ epoch })),
    ...epochs.slice(0, 2).map((epoch) => datagram({ epoch, sequence: 2 })),
    shed({ epoch: 12, sequence: 2 }),
    datagram({ epoch: 12, sequence: 4 }),
    pass(300),
    dropped(2 ** 40),
    tick,
  ]);
  const overflow = epochs.map((_, at) => pair.store.rows.get(at + 1)![ROW.LOST + CAUSE.SOCKET_OVERFLOW]);
  expect(overflow).toEqual([1, 1, 2]);
});
