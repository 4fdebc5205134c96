import { expect, test } from "vitest";
import { suppressionDelayMs } from "../../../collector/recovery/suppression.ts";
import { seededRandom } from "../../support/seeded-random.ts";

test("the delay lies between nothing and four round trips", () => {
  expect(suppressionDelayMs(0, 25)).toBe(0);
  expect(suppressionDelayMs(1 - 2 ** -32, 25)).toBeCloseTo(100);
  expect(suppressionDelayMs(1 - 2 ** -32, -1)).toBeCloseTo(200);
});

test("of ten collectors one or two ask before an answer can spare the others theirs", () => {
  const random = seededRandom(7);
  const roundTripMs = 20;
  let asked = 0;
  for (let round = 0; round < 1000; round++) {
    const delays = Array.from({ length: 10 }, () => suppressionDelayMs(random(), roundTripMs));
    const first = Math.min(...delays);
    asked += delays.filter((delay) => delay <= first + roundTripMs).length;
  }
  expect(asked / 1000).toBeLessThan(4);
});
