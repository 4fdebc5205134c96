import { expect, test } from "vitest";
import { KIND } from "../../../protocol/constants.ts";
import { Datagram } from "../../../protocol/datagram.ts";
import { normalise, type Range, sizeOf, subtract } from "../../../protocol/ranges.ts";
import { audit } from "../../../simulator/audit/audit.ts";
import { Emission } from "../../../simulator/fleet/emission.ts";
import { Fleet } from "../../../simulator/fleet/fleet.ts";
import { uniform } from "../../../simulator/fleet/random.ts";
import type { SimulatorSettings } from "../../../simulator/options/settings.ts";
import { truthHeader } from "../../../simulator/truth/truth.ts";
import { sourceOf } from "../reference-ledger.ts";
import {
  BASE_US,
  fixedSettings,
  IMPAIRED,
  idOf,
  rejectionOf,
  type Sent,
  sentBy,
  simulateInMemory,
} from "../support.ts";
import { TrackerLedger } from "../tracker-ledger.ts";

const SMALL: Partial<SimulatorSettings> = { devices: 5, rateHz: 20, durationMs: 20_000, ...IMPAIRED };

test.each(["native", "json"] as const)(
  "the same settings give the same %s datagrams, byte for byte",
  (format) => {
    const settings = fixedSettings({ ...SMALL, format, restartsPerMinute: 10 });
    expect(simulateInMemory(settings).sent).toEqual(simulateInMemory(settings).sent);
  },
);

test("no number is used before its time, and the farewell begins only once all has left", () => {
  const settings = fixedSettings({ devices: 2, rateHz: 10, durationMs: 1000, loss: 0.5 });
  const [fleet, out] = [new Fleet(settings), new Emission()];
  let control = 0;
  for (let nowUs = 0; nowUs < 900_000; nowUs += 7000) {
    for (;;) {
      const nextUs = fleet.advance(nowUs);
      expect([nextUs === Infinity, fleet.isEnding]).toEqual([false, false]);
      if (nextUs > nowUs) break;
      fleet.next(out);
      expect(out.dueUs).toBe(nextUs);
      if (out.kind !== KIND.DATA) control++;
    }
    expect(fleet.counts.used).toBe(Math.floor(nowUs / 50_000) + 1);
  }
  expect([control, fleet.counts.control]).toEqual([2, 2]);
});

test("another seed gives other values and impairments", () => {
  const a = simulateInMemory(fixedSettings({ ...SMALL, seed: 1 }));
  const b = simulateInMemory(fixedSettings({ ...SMALL, seed: 2 }));
  expect(a.truth.records[0]!.dropped).not.toEqual(b.truth.records[0]!.dropped);
});

test("what a device sends does not depend on how many others there are", () => {
  const bodiesOf = (devices: number) => {
    const settings = fixedSettings({ ...SMALL, devices, idPrefix: "x", jitterMs: 0 });
    const { sent } = simulateInMemory(settings);
    return sent
      .filter(({ emission }) => emission.device === 0)
      .map(({ emission }) => [emission.sequence, emission.damage]);
  };
  expect(bodiesOf(2)).toEqual(bodiesOf(5));
});

test("a device describes its channels before its first datagram, and says that it has used no number", () => {
  const { sent } = simulateInMemory(fixedSettings({ devices: 3, count: 2 }));
  const first = sent.find(({ emission }) => emission.device === 1)!;
  expect(first.emission.kind).toBe(KIND.DESCRIBE);
  const datagram = new Datagram();
  expect(rejectionOf(first.bytes, datagram)).toBe(0);
  expect(datagram.sequence).toBe(0);
  expect(datagram.descriptions.map(({ name }) => name)).toEqual(["temperature", "level", "pressure"]);
});

test.each([
  ["described", {}, [KIND.DESCRIBE, KIND.DATA]],
  ["not described", { describe: false }, [KIND.HEARTBEAT, KIND.DATA]],
] as const)(
  "each start speaks once ahead of its first number, however long the way: %s",
  (_what, given, kinds) => {
    const settings = {
      devices: 3,
      count: 40,
      restartsPerMinute: 60,
      delayMs: 100,
      heartbeatMs: 60_000,
      endHeartbeats: 0,
      ...given,
    };
    const { sent, truth, fleet } = simulateInMemory(fixedSettings(settings));
    expect(truth.records.length).toBeGreaterThan(3);
    for (const { device, epoch, next } of truth.records) {
      const ofStart = sent.filter(
        ({ emission }) => `sim-${emission.device}` === device && emission.epoch === epoch,
      );
      expect(ofStart.slice(0, 2).map(({ emission }) => emission.kind)).toEqual(kinds);
      expect(ofStart).toHaveLength(next + 1);
      for (const { emission } of ofStart)
        expect(emission.dueUs).toBe(emission.sendTimeUs - BASE_US + 100_000);
    }
    expect(fleet.counts).toMatchObject({ control: truth.records.length, restarts: truth.records.length - 3 });
  },
);

test("datagrams before the same number are impaired each by itself", () => {
  const settings = { devices: 200, count: 1, loss: 0.5, impairControl: true, endHeartbeats: 3 };
  const { sent } = simulateInMemory(fixedSettings({ ...settings, heartbeatMs: 1000 }));
  const left = (isEnd: boolean): Set<number> => {
    const byDevice = Map.groupBy(sent, ({ emission }) => emission.device);
    const isCounted = ({ emission }: Sent): boolean =>
      emission.kind !== KIND.DATA && emission.isEnd === isEnd;
    return new Set(Array.from(byDevice.values(), (ofDevice) => ofDevice.filter(isCounted).length));
  };
  expect(left(true)).toEqual(new Set([0, 1, 2, 3]));
});

test("each device says farewell with the number after its last, several times", () => {
  const { sent } = simulateInMemory(fixedSettings({ devices: 3, count: 4, endHeartbeats: 3 }));
  const ends = sent.filter(({ emission }) => emission.isEnd);
  expect(ends).toHaveLength(9);
  expect(sent.slice(-9)).toEqual(ends);
  const dueUs = ends.map(({ emission }) => emission.dueUs);
  // what is late would come behind it, and what follows at once would be lost together
  expect(dueUs[0]! - sent.at(-10)!.emission.dueUs).toBeGreaterThanOrEqual(50_000);
  for (const at of [0, 1, 2, 3, 4, 5]) expect(dueUs[at + 3]! - dueUs[at]!).toBeGreaterThanOrEqual(50_000);
  const datagram = new Datagram();
  for (const { bytes } of ends) {
    expect(rejectionOf(bytes, datagram)).toBe(0);
    expect([datagram.kind, datagram.sequence, datagram.isEnd]).toEqual([KIND.HEARTBEAT, 4, true]);
  }
});

test("control datagrams are not impaired unless asked", () => {
  const lossy = { devices: 4, count: 20, loss: 1 };
  expect(simulateInMemory(fixedSettings(lossy)).sent).toHaveLength(4 * 4);
  expect(simulateInMemory(fixedSettings({ ...lossy, impairControl: true })).sent).toEqual([]);
});

test("a stopped fleet uses no further number and still says farewell", () => {
  const settings = fixedSettings({ devices: 2, rateHz: 10 });
  const fleet = new Fleet(settings);
  let count = 0;
  const kinds: number[] = [];
  for (const { emission } of sentBy(fleet, settings)) {
    if (++count === 20) fleet.stop();
    kinds.push(emission.kind);
  }
  expect(kinds.slice(-6)).toEqual(new Array(6).fill(KIND.HEARTBEAT));
  const used = [...fleet.truth()].map(({ next }) => next);
  expect(used.reduce((sum, next) => sum + next, 0)).toBe(kinds.filter((kind) => kind === KIND.DATA).length);
});

test("a fleet that is stopped before all of it spoke takes no time for those that did not", () => {
  const settings = fixedSettings({ devices: 1_000_000, totalRateHz: 10, endHeartbeats: 3 });
  const fleet = new Fleet(settings);
  let count = 0;
  let lastUs = 0;
  let farewellUs = -1;
  for (const { emission } of sentBy(fleet, settings)) {
    if (++count === 10) fleet.stop();
    if (emission.isEnd && farewellUs < 0) farewellUs = emission.dueUs;
    lastUs = emission.dueUs;
  }
  // as long as a fleet of those that spoke
  expect(lastUs - farewellUs).toBeLessThan(200_000);
});

test("the truth says of each number what really left", () => {
  const { sent, truth } = simulateInMemory(fixedSettings({ ...SMALL, restartsPerMinute: 15 }));
  const intact = new Map<string, number>();
  const damaged = new Set<string>();
  for (const { emission } of sent) {
    if (emission.kind !== KIND.DATA) continue;
    const key = `sim-${emission.device} ${emission.epoch} ${emission.sequence}`;
    if (emission.damage === 0) intact.set(key, (intact.get(key) ?? 0) + 1);
    else damaged.add(key);
  }
  expect(truth.records.length).toBeGreaterThan(5);
  for (const { device, epoch, next, dropped, corrupted, copies } of truth.records) {
    const numbers = Array.from({ length: next }, (_, n) => n);
    const keyOf = (n: number): string => `${device} ${epoch} ${n}`;
    const setOf = (is: (key: string) => boolean): Range[] =>
      normalise(numbers.filter((n) => is(keyOf(n))).map((n) => [n, n]));
    expect(dropped).toEqual(setOf((key) => !intact.has(key) && !damaged.has(key)));
    expect(corrupted).toEqual(setOf((key) => !intact.has(key) && damaged.has(key)));
    const repeated = copies.flatMap(([first, last, k]) =>
      Array.from({ length: last - first + 1 }, (_, n) => [first + n, k]),
    );
    expect(repeated).toEqual(
      numbers.filter((n) => (intact.get(keyOf(n)) ?? 0) > 1).map((n) => [n, intact.get(keyOf(n))]),
    );
  }
});

test("damaged datagrams are rejected and all others decode", () => {
  const { sent } = simulateInMemory(fixedSettings({ ...SMALL, corrupt: 0.2 }));
  const datagram = new Datagram();
  for (const { emission, bytes } of sent) {
    const isSound = rejectionOf(bytes, datagram) === 0;
    expect(isSound).toBe(emission.damage === 0);
    if (isSound) expect(idOf(datagram)).toBe(`sim-${emission.device}`);
  }
});

test("a skewed clock shifts a device's send times by a constant", () => {
  const timesOf = (skewMs: number) =>
    simulateInMemory(fixedSettings({ devices: 2, count: 5, skewMs })).sent.map(
      ({ emission }) => emission.sendTimeUs,
    );
  const shifts = timesOf(1000).map((timeUs, index) => timeUs - timesOf(0)[index]!);
  expect(new Set(shifts).size).toBe(2);
  for (const shift of shifts) expect(Math.abs(shift)).toBeLessThanOrEqual(1_000_000);
});

test("a duration bounds the numbers of the whole fleet by its rate", () => {
  const { truth } = simulateInMemory(fixedSettings({ devices: 10, rateHz: 4, durationMs: 2500 }));
  expect(truth.records.map(({ next }) => next)).toEqual(new Array(10).fill(10));
});

test("without impairment every number leaves once", () => {
  const { truth } = simulateInMemory(fixedSettings({ devices: 3, count: 7 }));
  for (const { next, dropped, corrupted, copies } of truth.records) {
    expect(sizeOf(subtract([[0, next - 1]], dropped))).toBe(7);
    expect([...corrupted, ...copies]).toEqual([]);
  }
});

test.each([
  ["native", 5e6, {}],
  ["two paths", 5e6, { targetB: "udp://127.0.0.1:4748" }],
  // a restart that nobody can tell from an outage is none
  ["the same epoch again", 0, { epochOrder: "same" }],
] as const)("what the system refuses is not in the truth as sent: %s", async (_what, outageUs, given) => {
  const settings = fixedSettings({
    ...{ devices: 5, rateHz: 20, durationMs: 30_000, restartsPerMinute: 10, ...IMPAIRED },
    ...{ duplicate: 0.3, corrupt: 0.2, ...given },
  });
  const fleet = new Fleet(settings);
  const left: Sent[] = [];
  let refused = 0;
  for (const sent of sentBy(fleet, settings)) {
    const isOut = sent.emission.dueUs > 10e6 && sent.emission.dueUs < 10e6 + outageUs;
    if (sent.emission.isEnd || (!isOut && uniform(7, left.length + refused) > 0.2)) left.push(sent);
    else {
      fleet.countRefused(sent.emission);
      refused++;
    }
  }
  const truth = { header: truthHeader(settings, BASE_US), records: [...fleet.truth()] };
  const ledger = new TrackerLedger(left).ledger();
  const report = await audit(truth, sourceOf(ledger));
  expect(report.differences).toEqual([]);
  expect(fleet.counts).toMatchObject({ refused, used: report.numbers });
  expect(fleet.counts.dropped + fleet.counts.corrupted).toBe(report.impaired);
  const copies = truth.records.flatMap((record) => record.copies);
  expect(fleet.counts.duplicated).toBe(
    copies.reduce((sum, [first, last, k]) => sum + (last - first + 1) * (k - 1), 0),
  );
  expect(report.impaired).toBeGreaterThan(500);
});
