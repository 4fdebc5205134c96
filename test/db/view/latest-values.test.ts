import { expect, test } from "vitest";
import { LatestValues } from "../../../db/view/latest-values.ts";
import { seededRandom } from "../../support/seeded-random.ts";

const reading = (device: number, channel: number, sequence: number) => ({
  device,
  channel,
  run: device,
  sequence,
  time: sequence,
  type: 2,
  value: sequence,
  flush: 1,
});

test("has the newest value of each channel, in whatever order and of however many they come", () => {
  const random = seededRandom(7);
  const values = new LatestValues(() => true);
  const heads = [-1, -1, -1];
  const expected = heads.map(() => new Map<number, number>());
  for (let sequence = 0; sequence < 30_000; sequence++) {
    const device = Math.floor(random() * heads.length);
    // the first device has few channels, the others many
    const channel = Math.floor(random() * (device === 0 ? 20 : 3000));
    if (sequence === 15_000) {
      values.remove(heads[2]!);
      heads[2] = -1;
      expected[2]!.clear();
    }
    const head = heads[device]!;
    const brought = reading(device, channel, sequence);
    heads[device] = random() < 0.5 ? values.offer(head, brought, false) : values.put(head, brought);
    expected[device]!.set(channel, sequence);
  }
  for (const [device, head] of heads.entries()) {
    const found = [...values.list(head)];
    expect(found).toHaveLength(expected[device]!.size);
    expect(new Map(found.map(({ channel, value }) => [channel, value]))).toEqual(expected[device]);
  }
});

test("has no more of a device, and of all devices beyond what each has in any case, than there is room for", () => {
  const values = new LatestValues(() => true, { perDevice: 1000, sure: 32, beyond: 1500 });
  const heads = [-1, -1, -1];
  const offerAll = (device: number, sequence: number): void => {
    for (let channel = 0; channel < 5000; channel++)
      heads[device] = values.offer(heads[device]!, reading(device, channel, sequence), false);
  };
  const counts = () => heads.map((head) => [...values.list(head)].length);
  for (const device of [0, 1, 2]) offerAll(device, 1);
  expect(counts()).toEqual([1000, 564, 32]);
  offerAll(1, 2);
  expect(counts()).toEqual([1000, 564, 32]);
  expect([...values.list(heads[1]!)].every(({ value }) => value === 2)).toBe(true);
  values.remove(heads[0]!);
  heads[0] = -1;
  // whose channels did not speak again lack them still
  expect(heads.map((head) => [values.hasRoom(head), values.hasAll(head)])).toEqual([
    [true, true],
    [true, false],
    [true, false],
  ]);
  offerAll(2, 2);
  expect(counts()).toEqual([0, 564, 1000]);
  // what another thread decided is taken as it is
  heads[0] = values.put(heads[0]!, reading(0, 1, 1));
  for (let channel = 0; channel < 40; channel++) heads[0] = values.put(heads[0]!, reading(0, channel, 2));
  expect(counts()).toEqual([40, 564, 1000]);
});

test("gives the entries of lists in the order of their flushes and runs", () => {
  const values = new LatestValues(() => true);
  const heads = [-1, -1, -1];
  for (const [device, channel, flush] of [
    [0, 1, 3],
    [2, 1, 1],
    [1, 1, 3],
    [1, 2, 2],
    [2, 2, 3],
  ] as const)
    heads[device] = values.put(heads[device]!, { ...reading(device, channel, 1), flush });
  values.remove(heads[0]!);
  const found = Array.from(values.inOrder([heads[2]!, -1, heads[1]!]), (entry) => ({ ...entry }));
  expect(found.map(({ flush, run, channel }) => [flush, run, channel])).toEqual([
    [1, 2, 1],
    [2, 1, 2],
    [3, 1, 1],
    [3, 2, 2],
  ]);
});

test("a list that begins where a longer one began has nothing of it", () => {
  const values = new LatestValues(() => true);
  const MANY = 600;
  const listOf = (device: number, channels: number): number => {
    let head = -1;
    for (let channel = 0; channel < channels; channel++)
      head = values.append(head, reading(device, channel, device));
    return head;
  };
  const gone = listOf(1, MANY);
  // far from the one found last: so long a walk makes an index
  for (const channel of [1, MANY - 1, 0]) values.put(gone, reading(1, channel, 1));
  expect([...values.list(gone)].map(({ channel }) => channel)).toEqual([...Array(MANY).keys()]);
  values.remove(gone);
  // all entries but the first one are used again
  const other = listOf(2, MANY - 1);
  let head = listOf(3, 1);
  expect([other === gone, head]).toEqual([false, gone]);
  for (const channel of [7, 0, 7, 300]) head = values.offer(head, reading(3, channel, 9), false);
  const told = (list: number) =>
    Array.from(values.list(list), ({ device, channel, sequence }) => [device, channel, sequence]).sort(
      (a, b) => a[1]! - b[1]!,
    );
  expect(told(head)).toEqual([
    [3, 0, 9],
    [3, 7, 9],
    [3, 300, 9],
  ]);
  expect(told(other)).toEqual(Array.from({ length: MANY - 1 }, (_, channel) => [2, channel, 2]));
  expect(
    Array.from(values.inOrder([head, other]), ({ device }) => device).filter((each) => each === 3),
  ).toHaveLength(3);
});

test("what was changed is told once, whatever changed it, and with the last value", () => {
  const values = new LatestValues(() => true);
  let head = -1;
  const offer = (channel: number, sequence: number, flush: number): void => {
    head = values.offer(head, { ...reading(1, channel, sequence), flush }, false);
  };
  const told = () => {
    const { count, channel, sequence } = values.takeChanged();
    return Array.from({ length: count }, (_, at) => [channel[at], sequence[at]]);
  };
  for (const [channel, sequence] of [
    [5, 1],
    [6, 1],
    [5, 2],
    [5, 0],
    [6, 3],
  ] as const)
    offer(channel, sequence, 1);
  expect(told()).toEqual([
    [5, 2],
    [6, 3],
  ]);
  offer(6, 2, 2);
  expect(told()).toEqual([]);
  offer(6, 4, 2);
  offer(7, 1, 2);
  expect(told()).toEqual([
    [6, 4],
    [7, 1],
  ]);
});

test.each([
  ["a greater number", { sequence: 6, time: 0 }, "taken"],
  ["a lower number", { sequence: 4, time: 99 }, "left"],
  ["the same datagram, later", { time: 51 }, "taken"],
  ["the same datagram, at the same time", {}, "taken"],
  ["the same datagram, earlier", { time: 49 }, "left"],
  ["an earlier run in the same flush", { run: 1, sequence: 9, time: 99 }, "left"],
  ["an earlier run in a later flush", { run: 1, flush: 4, sequence: 0, time: 0 }, "asked"],
  ["a later run in the same flush", { run: 3, sequence: 0, time: 0 }, "asked"],
  ["a later run in a later flush", { run: 3, flush: 4, sequence: 0, time: 0 }, "asked"],
])("%s than the newest value's", (_, offered, outcome) => {
  for (const isLate of [false, true]) {
    for (const takes of [false, true]) {
      const asked: unknown[] = [];
      const values = new LatestValues((...question) => {
        asked.push(question);
        return takes;
      });
      const known = { device: 1, channel: 1, run: 2, sequence: 5, time: 50, type: 2, value: 1, flush: 3 };
      const head = values.offer(-1, known, false);
      const reading = { ...known, ...offered, value: 2 };
      values.offer(head, reading, isLate);
      const isTaken = outcome === "taken" || (outcome === "asked" && takes);
      expect([...values.list(head)]).toEqual([isTaken ? reading : known]);
      expect(asked).toEqual(outcome === "asked" ? [[reading.run, isLate, 2]] : []);
    }
  }
});
