import fc from "fast-check";
import { expect, test } from "vitest";
import { FLAG } from "../../../protocol/constants.ts";
import { Emission } from "../../../simulator/fleet/emission.ts";
import { Encoder } from "../../../simulator/fleet/encoder.ts";
import { Schedule } from "../../../simulator/fleet/schedule.ts";
import { damage } from "../../../simulator/network/damage.ts";
import { fixedSettings, rejectionOf } from "../support.ts";

const FORMATS = ["native", "json"] as const;

const emissionArbitrary = fc.record({
  kind: fc.constantFrom(1, 2, 3),
  sequence: fc.nat(2 ** 40),
  epoch: fc.nat(0xffff_ffff),
  sendTimeUs: fc.constant(1_795_176_000_000_000),
  isEnd: fc.boolean(),
});

test.each(FORMATS)("no damaged %s datagram decodes", (format) => {
  const settings = fixedSettings({ format, channels: 5 });
  const encoder = new Encoder(settings, new Schedule(settings));
  const bytes = new Uint8Array(2048);
  const view = new DataView(bytes.buffer);
  fc.assert(
    fc.property(emissionArbitrary, fc.integer({ min: 1, max: 0xffff_ffff }), (fields, seed) => {
      const isEnd = fields.kind === 2 && fields.isEnd;
      const emission = Object.assign(new Emission(), fields, { isEnd, damage: seed });
      const length = encoder.encode(emission, bytes, view);
      expect(length).toBeGreaterThan(0);
      expect(rejectionOf(bytes.slice(0, length))).not.toBe(0);
    }),
    { numRuns: 2000 },
  );
});

test("the same seed does the same damage", () => {
  const original = Uint8Array.from({ length: 100 }, (_, at) => at);
  const [a, b] = [original.slice(), original.slice()];
  expect(damage(a, 100, 42, true)).toBe(damage(b, 100, 42, true));
  expect(a).toEqual(b);
});

test("a damaged datagram says that it has a checksum: without it a heartbeat's could be read as its body", () => {
  const original = new Uint8Array(60).fill(0xff);
  let changed = 0;
  for (let seed = 1; seed <= 5000; seed++) {
    const bytes = original.slice();
    if (damage(bytes, 60, seed, true) < 60) continue;
    expect(bytes[4]! & FLAG.CRC).toBe(FLAG.CRC);
    if (bytes[4] !== 0xff) changed++;
  }
  expect(changed).toBeGreaterThan(50);
});
