import { expect, test } from "vitest";
import { draw, subKey, uniform } from "../../../simulator/fleet/random.ts";

test("draws of a key are spread evenly over [0, 1)", () => {
  const buckets = new Array<number>(20).fill(0);
  for (let n = 0; n < 100_000; n++) buckets[Math.floor(uniform(7, n) * 20)]!++;
  // six standard deviations of a binomial with p = 1/20
  for (const count of buckets) expect(Math.abs(count - 5000)).toBeLessThan(6 * 69);
});

test("consecutive draws are not correlated", () => {
  let product = 0;
  for (let n = 0; n < 100_000; n++) product += (uniform(3, n) - 0.5) * (uniform(3, n + 1) - 0.5);
  expect(Math.abs(product / 100_000)).toBeLessThan(0.002);
});

test("two parts of a key draw different numbers", () => {
  const same = Array.from({ length: 1000 }, (_, n) => n).filter(
    (n) => draw(subKey(1, 1), n) === draw(subKey(1, 2), n),
  );
  expect(same).toEqual([]);
});

test("parts that differ only above 32 bits give different keys", () => {
  expect(subKey(1, 5)).not.toBe(subKey(1, 5 + 2 ** 32));
});
