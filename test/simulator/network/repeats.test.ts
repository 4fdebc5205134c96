import fc from "fast-check";
import { expect, test } from "vitest";
import { KIND } from "../../../protocol/constants.ts";
import { Datagram } from "../../../protocol/datagram.ts";
import { decode } from "../../../protocol/decode.ts";
import { parseTime } from "../../../protocol/time.ts";
import { Emission } from "../../../simulator/fleet/emission.ts";
import { Encoder } from "../../../simulator/fleet/encoder.ts";
import { Fleet } from "../../../simulator/fleet/fleet.ts";
import { Repeats } from "../../../simulator/network/repeats.ts";
import type { FleetSettings, SimulatorSettings } from "../../../simulator/options/settings.ts";
import { greatestDatagramBytes } from "../../../simulator/options/settings.ts";
import { BASE_US, fixedSettings, IMPAIRED, simulateInMemory } from "../support.ts";

/** A fleet that has sent everything, and can still be asked. */
const spoken = (given: Partial<SimulatorSettings> = {}) => {
  const settings = fixedSettings({ devices: 2, rateHz: 100, count: 50, endHeartbeats: 0, ...given });
  const fleet = new Fleet(settings);
  const originals = new Map<string, Uint8Array>();
  const encode = encoderOf(settings, fleet);
  const emission = new Emission();
  while (fleet.next(emission)) {
    if (emission.kind !== KIND.DATA || emission.damage !== 0) continue;
    originals.set(`${emission.device} ${emission.sequence}`, encode(emission));
  }
  return { settings, fleet, originals, encode, repeats: new Repeats(settings, fleet) };
};

const encoderOf = (settings: FleetSettings, fleet: Fleet) => {
  const encoder = new Encoder(settings, fleet.schedule);
  const bytes = new Uint8Array(greatestDatagramBytes(settings));
  const view = new DataView(bytes.buffer);
  return (emission: Emission): Uint8Array => bytes.slice(0, encoder.encode(emission, bytes, view));
};

const nackFor = (epoch: number, ...ranges: [number, number][]): Datagram => {
  const nack = new Datagram();
  nack.kind = KIND.NACK;
  nack.epoch = epoch;
  nack.rangeCount = ranges.length;
  for (const [at, [first, last]] of ranges.entries()) {
    nack.rangeFirst[at] = first;
    nack.rangeLast[at] = last;
  }
  return nack;
};

/** Everything that leaves from `fromUs` on. */
const answersOf = (repeats: Repeats, fromUs: number): { dueUs: number; emission: Emission }[] => {
  const answers = [];
  for (let nowUs = fromUs; repeats.nextDueUs !== Infinity; nowUs = Math.max(nowUs, repeats.nextDueUs)) {
    const emission = new Emission();
    if (repeats.next(emission, nowUs)) answers.push({ dueUs: nowUs, emission });
  }
  return answers;
};

test("a number that is asked for leaves again, byte for byte as at first", () => {
  const { repeats, originals, encode } = spoken();
  repeats.hear(nackFor(100, [7, 9], [12, 12]), "sim-1", 1_000_000);
  const sent = answersOf(repeats, 1_000_000).map(({ emission }) => ({
    sequence: emission.sequence,
    bytes: encode(emission),
  }));
  expect(sent).toEqual([7, 8, 9, 12].map((n) => ({ sequence: n, bytes: originals.get(`1 ${n}`) })));
});

test("a device sends again at its bounded rate, whatever it is asked for", () => {
  const { repeats } = spoken({ repeatRateHz: 100 });
  repeats.hear(nackFor(100, [0, 49]), "sim-0", 1_000_000);
  repeats.hear(nackFor(100, [0, 49]), "sim-0", 1_000_000);
  const due = answersOf(repeats, 1_000_000).map(({ dueUs }) => dueUs);
  expect(due).toHaveLength(50);
  expect(due.at(-1)).toBe(1_000_000 + 49 * 10_000);
});

test("what is asked once all is answered waits for its turn too", () => {
  const { repeats } = spoken({ repeatRateHz: 100 });
  const due = [7, 8, 9].flatMap((number) => {
    repeats.hear(nackFor(100, [number, number]), "sim-0", 1_000_000);
    return answersOf(repeats, 1_000_000).map(({ dueUs }) => dueUs);
  });
  expect(due).toEqual([1_000_000, 1_010_000, 1_020_000]);
});

test("turns that come late are made good by two more, not by all of them at once", () => {
  const { repeats } = spoken({ repeatRateHz: 100 });
  repeats.hear(nackFor(100, [0, 5]), "sim-0", 1_000_000);
  const due = answersOf(repeats, 1_300_000).map(({ dueUs }) => dueUs - 1_300_000);
  expect(due).toEqual([0, 0, 0, 10_000, 20_000, 30_000]);
});

test("each time a number is sent again it may be lost anew", () => {
  const { repeats } = spoken({ loss: 0.5 });
  const left = Array.from({ length: 40 }, (_, time) => {
    repeats.hear(nackFor(100, [7, 7]), "sim-0", (time + 1) * 1_000_000);
    return answersOf(repeats, (time + 1) * 1_000_000).length;
  });
  expect(new Set(left)).toEqual(new Set([0, 1]));
});

test("what has been given up is answered only when it is asked for again", () => {
  const { repeats } = spoken();
  repeats.hear(nackFor(100, [7, 9]), "sim-0", 1_000_000);
  repeats.giveUp();
  expect(answersOf(repeats, 1_000_000)).toEqual([]);
  repeats.hear(nackFor(100, [8, 8]), "sim-0", 2_000_000);
  expect(answersOf(repeats, 2_000_000).map(({ emission }) => emission.sequence)).toEqual([8]);
});

test("answers take as long on their way as all else", () => {
  const { repeats } = spoken({ delayMs: 100, repeatRateHz: 1e6, ringNumbers: 1 });
  repeats.hear(nackFor(100, [48, 60]), "sim-0", 1_000_000);
  const answers = answersOf(repeats, 1_000_000).map(({ emission: e }) => [e.kind, e.dueUs]);
  expect(answers).toEqual([
    [KIND.GONE, 1_100_000],
    [KIND.DATA, 1_100_001],
    [KIND.HEARTBEAT, 1_100_002],
  ]);
});

test("what a device says is no later than the number it says comes next, also when the fleet is behind the clock", () => {
  const settings = fixedSettings({ devices: 1, rateHz: 100, count: 50, delayMs: 100, ringNumbers: 1 });
  const fleet = new Fleet(settings);
  const repeats = new Repeats(settings, fleet);
  const emission = new Emission();
  fleet.next(emission);
  const { next } = fleet.startOf(0)!;
  repeats.hear(nackFor(100, [0, 0], [next, next]), "sim-0", 400_000);
  const answers = answersOf(repeats, 400_000).map(({ emission: e }) => [e.kind, e.sequence, e.sendTimeUs]);
  while (emission.kind !== KIND.DATA || emission.sequence !== next) fleet.next(emission);
  expect(answers).toEqual([
    [KIND.GONE, next, emission.sendTimeUs],
    [KIND.HEARTBEAT, next, emission.sendTimeUs],
  ]);
});

test("under one epoch no answer of a start is under way any more when the next begins", () => {
  const settings = fixedSettings({
    ...{ devices: 1, rateHz: 20, durationMs: 60_000, epochOrder: "same", restartsPerMinute: 30 },
    ...{ delayMs: 300, jitterMs: 900 },
  });
  const fleet = new Fleet(settings);
  const repeats = new Repeats(settings, fleet);
  const answers: Emission[] = [];
  for (const emission = new Emission(); fleet.next(emission); ) {
    repeats.hear(nackFor(100, [0, 1000]), "sim-0", emission.dueUs);
    for (let answer = new Emission(); repeats.next(answer, emission.dueUs); answer = new Emission())
      answers.push(answer);
  }
  const beganUs = [...fleet.truth()].map(({ startedAt }) => parseTime(startedAt) - BASE_US);
  expect(beganUs.length).toBeGreaterThan(5);
  for (const { sendTimeUs, dueUs } of answers) {
    const nextUs = beganUs.find((timeUs) => timeUs > sendTimeUs - BASE_US) ?? Infinity;
    expect(dueUs).toBeLessThan(nextUs + 300_000);
  }
});

test.each([
  ["it is not asked again", [], []],
  ["it is asked again", [[1, 1]], [[101, 1]]],
] as [string, [number, number][], number[][]][])(
  "what a device was asked before it restarted is forgotten: %s",
  (_what, asked, answered) => {
    const settings = fixedSettings({ devices: 1, rateHz: 10, restartsPerMinute: 20 });
    const fleet = new Fleet(settings);
    const repeats = new Repeats(settings, fleet);
    const emission = new Emission();
    while (fleet.counts.used < 5) fleet.next(emission);
    repeats.hear(nackFor(100, [0, 3]), "sim-0", emission.dueUs);
    while (fleet.counts.restarts === 0 || fleet.startOf(0)!.next < 3) fleet.next(emission);
    if (asked.length > 0) repeats.hear(nackFor(101, ...asked), "sim-0", emission.dueUs);
    const answers = answersOf(repeats, emission.dueUs);
    expect(answers.map(({ emission: { epoch, sequence } }) => [epoch, sequence])).toEqual(answered);
    expect(fleet.counts.repeated).toBe(answered.length);
  },
);

test("nor does it say more, whatever it is asked: GONE and heartbeats take their turns with the numbers", () => {
  const { repeats } = spoken({ repeatRateHz: 100, ringNumbers: 10, devices: 1 });
  const left: Emission[] = [];
  for (let nowUs = 1_000_000; nowUs < 2_000_000; nowUs += 1000) {
    repeats.hear(nackFor(100, [0, 2], [5, 6], [40, 80]), "sim-0", nowUs);
    repeats.hear(nackFor(nowUs % 77, [0, 9]), "sim-0", nowUs);
    for (let emission = new Emission(); repeats.next(emission, nowUs); emission = new Emission())
      left.push(emission);
  }
  expect(left).toHaveLength(100);
  const ofKind = (kind: number): Emission[] => left.filter((emission) => emission.kind === kind);
  expect(ofKind(KIND.DATA)).toHaveLength(50);
  expect(ofKind(KIND.HEARTBEAT).length).toBeGreaterThan(3);
  expect(ofKind(KIND.GONE).filter(({ epoch }) => epoch === 100).length).toBeGreaterThan(3);
});

test("numbers the ring no longer holds are gone, in the name of the running epoch", () => {
  const { repeats, encode } = spoken({ ringNumbers: 10 });
  repeats.hear(nackFor(100, [30, 44]), "sim-0", 1_000_000);
  const kinds = answersOf(repeats, 1_000_000).map(({ emission }) => {
    const bytes = encode(emission);
    const datagram = new Datagram();
    expect(decode(bytes, new DataView(bytes.buffer), 0, bytes.length, "lacuna", datagram)).toBe(0);
    const { kind, sequence, rangeFirst, rangeLast } = datagram;
    return kind === KIND.GONE ? [sequence, rangeFirst[0], rangeLast[0]] : sequence;
  });
  expect(kinds).toEqual([[50, 30, 39], 40, 41, 42, 43, 44]);
});

test("a GONE of a device with one channel has room for the most it may name", () => {
  const { repeats, encode } = spoken({ ringNumbers: 1, count: 200, channels: 1 });
  const ranges = Array.from({ length: 80 }, (_, at): [number, number] => [2 * at, 2 * at]);
  repeats.hear(nackFor(100, ...ranges), "sim-0", 3_000_000);
  const [answer] = answersOf(repeats, 3_000_000);
  expect(new DataView(encode(answer!.emission).buffer).getUint16(6)).toBe(64);
});

test("one GONE names all of them, those of the next NACK too", () => {
  const { repeats, encode } = spoken({ ringNumbers: 10 });
  repeats.hear(nackFor(100, [3, 4], [7, 7], [20, 29]), "sim-0", 1_000_000);
  repeats.hear(nackFor(100, [5, 5], [39, 39]), "sim-0", 1_000_000);
  const answers = answersOf(repeats, 1_000_000).map(({ emission }) => encode(emission));
  expect(answers).toHaveLength(1);
  const datagram = new Datagram();
  const [bytes] = answers as [Uint8Array];
  expect(decode(bytes, new DataView(bytes.buffer), 0, bytes.length, "lacuna", datagram)).toBe(0);
  const { rangeCount, rangeFirst, rangeLast } = datagram;
  expect(Array.from({ length: rangeCount }, (_, at) => [rangeFirst[at], rangeLast[at]])).toEqual([
    [3, 5],
    [7, 7],
    [20, 29],
    [39, 39],
  ]);
});

test.each([99, 101])("a former epoch is gone and asserts nothing, whichever is greater: %i", (epoch) => {
  const { repeats, encode } = spoken();
  repeats.hear(nackFor(epoch, [3, 4]), "sim-0", 1_000_000);
  const [answer] = answersOf(repeats, 1_000_000);
  const bytes = encode(answer!.emission);
  const view = new DataView(bytes.buffer);
  expect(bytes[3]).toBe(KIND.GONE);
  expect([view.getUint32(8), view.getBigUint64(12)]).toEqual([epoch, 0n]);
});

test("of former epochs it answers for eight at once", () => {
  const { repeats } = spoken();
  for (let epoch = 1; epoch <= 20; epoch++) repeats.hear(nackFor(epoch, [3, 4]), "sim-0", 1_000_000);
  const epochs = answersOf(repeats, 1_000_000).map(({ emission }) => emission.epoch);
  expect(epochs).toEqual([1, 2, 3, 4, 5, 6, 7, 8]);
});

test("the number it will use next is answered by a heartbeat", () => {
  const { repeats, fleet } = spoken();
  const { control } = fleet.counts;
  repeats.hear(nackFor(100, [50, 50]), "sim-0", 1_000_000);
  const answers = answersOf(repeats, 1_000_000).map(({ emission: e }) => [e.kind, e.sequence]);
  expect(answers).toEqual([[KIND.HEARTBEAT, 50]]);
  expect(fleet.counts.control).toBe(control + 1);
});

test("numbers never used are answered by a heartbeat", () => {
  const { repeats } = spoken();
  repeats.hear(nackFor(100, [48, 60]), "sim-0", 1_000_000);
  const answers = answersOf(repeats, 1_000_000).map(({ emission: e }) => [e.kind, e.sequence]);
  expect(answers).toEqual([
    [KIND.HEARTBEAT, 50],
    [KIND.DATA, 48],
    [KIND.DATA, 49],
  ]);
});

test("a device nobody knows is not answered for", () => {
  const { repeats } = spoken();
  repeats.hear(nackFor(100, [0, 9]), "sim-7", 1_000_000);
  for (const id of ["other", "sin-0", "sim-00"]) repeats.hear(nackFor(100, [0, 9]), id, 1_000_000);
  expect([repeats.nextDueUs, repeats.asked]).toEqual([Infinity, 0]);
});

test("asking changes nothing about what leaves unasked", () => {
  const settings = fixedSettings({ devices: 3, rateHz: 100, count: 200, ...IMPAIRED });
  const quiet = simulateInMemory(settings);
  const fleet = new Fleet(settings);
  const repeats = new Repeats(settings, fleet);
  const encode = encoderOf(settings, fleet);
  const emission = new Emission();
  const sent: Uint8Array[] = [];
  while (fleet.next(emission)) {
    sent.push(encode(emission));
    repeats.hear(nackFor(100, [0, 1000]), "sim-1", emission.dueUs);
    while (repeats.next(new Emission(), emission.dueUs));
  }
  expect(sent).toEqual(quiet.sent.map(({ bytes }) => bytes));
});

test("the truth counts every copy that left, at first and again", () => {
  const asks = fc.array(fc.tuple(fc.nat(59), fc.nat(20)), { maxLength: 8 });
  fc.assert(
    fc.property(fc.nat(1000), asks, (seed, wanted) => {
      const { fleet, repeats } = spoken({ seed, devices: 1, ...IMPAIRED, loss: 0.2, corrupt: 0.2 });
      const before = [...fleet.truth()][0]!;
      const intact = new Map<number, number>();
      const damaged = new Set(before.corrupted.flatMap(([first, last]) => numbers(first, last)));
      for (let n = 0; n < before.next; n++) intact.set(n, 1);
      for (const [first, last] of [...before.dropped, ...before.corrupted])
        for (const n of numbers(first, last)) intact.set(n, 0);
      for (const [first, last, k] of before.copies) for (const n of numbers(first, last)) intact.set(n, k);
      for (const [first, count] of wanted)
        repeats.hear(nackFor(100, [first, first + count]), "sim-0", 1_000_000);
      for (const { emission } of answersOf(repeats, 1_000_000)) {
        if (emission.kind !== KIND.DATA) continue;
        if (emission.damage === 0) intact.set(emission.sequence, intact.get(emission.sequence)! + 1);
        else damaged.add(emission.sequence);
      }
      const after = [...fleet.truth()][0]!;
      const isAbsent = (n: number): boolean => intact.get(n) === 0;
      const all = numbers(0, before.next - 1);
      expect(spread(after.dropped)).toEqual(all.filter((n) => isAbsent(n) && !damaged.has(n)));
      expect(spread(after.corrupted)).toEqual(all.filter((n) => isAbsent(n) && damaged.has(n)));
      expect(after.copies.flatMap(([first, last, k]) => numbers(first, last).map((n) => [n, k]))).toEqual(
        all.filter((n) => intact.get(n)! > 1).map((n) => [n, intact.get(n)]),
      );
      const { counts } = fleet;
      expect([counts.dropped, counts.corrupted]).toEqual([
        spread(after.dropped).length,
        spread(after.corrupted).length,
      ]);
    }),
    { numRuns: 60 },
  );
});

test("of what is sent again the truth says what left on each path", () => {
  const { fleet, repeats } = spoken({ devices: 1, loss: 0.5, targetB: "udp://127.0.0.1:4748" });
  const deliveredOf = (path: number): number[] => {
    const lost = spread([...fleet.truth()][0]!.paths![path]!.dropped);
    return numbers(0, 49).filter((n) => !lost.includes(n));
  };
  const before = [0, 1].map(deliveredOf);
  repeats.hear(nackFor(100, [0, 49]), "sim-0", 1_000_000);
  const again: number[][] = [[], []];
  for (const { emission } of answersOf(repeats, 1_000_000)) again[emission.path]!.push(emission.sequence);
  for (const path of [0, 1]) {
    const delivered = new Set([...before[path]!, ...again[path]!]);
    expect(deliveredOf(path)).toEqual([...delivered].toSorted((a, b) => a - b));
    expect(delivered.size).toBeGreaterThan(before[path]!.length);
  }
});

const numbers = (first: number, last: number): number[] =>
  Array.from({ length: last - first + 1 }, (_, at) => first + at);
const spread = (ranges: readonly (readonly [number, number])[]): number[] =>
  ranges.flatMap(([first, last]) => numbers(first, last));
