import { expect, test } from "vitest";
import { LowChannels } from "../../collector/low-channels.ts";

const NO_EPOCH = -1;

test("channels of one epoch add up", () => {
  const low = new LowChannels();
  low.add(1, 0xffff_fff0, 0b1);
  low.add(1, 0xffff_fff0, 0b100);
  expect(low.take(1, 0xffff_fff0)).toBe(0b101);
});

test("another epoch begins anew", () => {
  const low = new LowChannels();
  low.add(1, NO_EPOCH, 0b1);
  low.add(1, 2, 0b10);
  expect(low.take(1, 2)).toBe(0b10);
});

test("neighbours in number are kept apart, also beyond 32 bits", () => {
  const low = new LowChannels();
  const first = 2 ** 40 + 63;
  low.add(first, 1, 0b1);
  low.add(first + 1, 1, 0b10);
  low.add(first - 1, 1, 0b100);
  expect([low.take(first, 1), low.take(first + 1, 1), low.take(first - 1, 1)]).toEqual([0b1, 0b10, 0b100]);
});

test("what was taken is forgotten", () => {
  const low = new LowChannels();
  low.add(1, 1, 0b1);
  low.take(1, NO_EPOCH);
  expect(low.take(1, 1)).toBe(0);
});
