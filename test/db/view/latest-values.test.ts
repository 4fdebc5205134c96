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
