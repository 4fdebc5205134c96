import fc from "fast-check";
import { expect, test } from "vitest";
import { LowChannels } from "../../../collector/batch/low-channels.ts";

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

test("whatever is added and taken in whatever order, it knows what a plain map of devices knows", () => {
  // devices of three pages, so that pages come, go and come again
  const device = fc.constantFrom(0, 63, 64, 65, 200);
  const epoch = fc.constantFrom(NO_EPOCH, 0, 7);
  const step = fc.record({
    do: fc.constantFrom("add", "has", "take"),
    device,
    epoch,
    bits: fc.integer({ min: 1, max: 15 }),
  });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
      const low = new LowChannels();
      const model = new Map<number, { epoch: number; bits: number }>();
      for (const { do: what, device, epoch, bits } of steps) {
        const entry = model.get(device);
        const known = entry?.epoch === epoch ? entry.bits : 0;
        if (what === "has") expect(low.has(device, epoch, bits)).toBe((known & bits) === bits);
        else if (what === "add") {
          low.add(device, epoch, bits);
          model.set(device, { epoch, bits: known | bits });
        } else {
          expect(low.take(device, epoch)).toBe(known);
          model.delete(device);
        }
      }
    }),
  );
});
