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
