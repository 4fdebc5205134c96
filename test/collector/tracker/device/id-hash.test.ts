import fc from "fast-check";
import { expect, test } from "vitest";
import { IdHash } from "../../../../collector/tracker/device/id-hash.ts";

const PRIME = 2n ** 31n - 1n;

const viewOf = (bytes: Uint8Array, before: number): DataView =>
  new DataView(Uint8Array.from([...new Array(before).fill(255), ...bytes, 255]).buffer);

const ids = fc.uint8Array({ minLength: 1, maxLength: 64 });

test("an id hashes alike wherever it lies, and by every hash of the same seed", () => {
  fc.assert(
    fc.property(ids, fc.nat(5), (id, before) => {
      const [one, other] = [new IdHash(9), new IdHash(9)];
      const [near, far] = [viewOf(id, 0), viewOf(id, before)];
      expect(other.low(far, before, id.length)).toBe(one.low(near, 0, id.length));
      expect(other.wide(far, before, id.length)).toBe(one.wide(near, 0, id.length));
    }),
  );
});

test("hashes are integers of their width, also for the longest id of the greatest bytes", () => {
  fc.assert(
    fc.property(fc.nat(), fc.oneof(ids, fc.constant(new Uint8Array(64).fill(255))), (seed, id) => {
      const hash = new IdHash(seed);
      const [low, wide] = [hash.low(viewOf(id, 0), 0, id.length), hash.wide(viewOf(id, 0), 0, id.length)];
      expect(low >>> 0).toBe(low);
      expect(Number.isSafeInteger(wide)).toBe(true);
      expect(BigInt(wide) % 2n ** 31n < PRIME).toBe(true);
    }),
  );
});

test("a hundred thousand numbered ids hardly share a hash, and fill a table evenly", () => {
  const hash = new IdHash(4711);
  const lows = new Set<number>();
  const filled = new Set<number>();
  for (let index = 0; index < 100_000; index++) {
    const id = new TextEncoder().encode(`device-${index}`);
    const low = hash.low(viewOf(id, 0), 0, id.length);
    lows.add(low);
    filled.add(low & 0x1_ffff);
  }
  expect(lows.size).toBeGreaterThan(99_980);
  // as many as chance would fill of 131,072 places: 1 - e^(-100,000/131,072)
  expect(filled.size / 131_072).toBeGreaterThan(0.5);
});

test("another seed places ids elsewhere", () => {
  const [one, other] = [new IdHash(1), new IdHash(2)];
  let same = 0;
  for (let index = 0; index < 1000; index++) {
    const id = viewOf(new TextEncoder().encode(`device-${index}`), 0);
    if (one.low(id, 0, 9) % 64 === other.low(id, 0, 9) % 64) same++;
  }
  expect(same).toBeLessThan(60);
});
