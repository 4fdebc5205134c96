import { expect, test } from "vitest";
import { TokenBucket } from "../../../common/token-bucket.ts";
import { Pacer } from "../../../simulator/network/pace.ts";

test("a full bucket gives a burst of its size and then says how long to wait", () => {
  const bucket = new TokenBucket(100, 3, 0);
  expect([bucket.take(0), bucket.take(0), bucket.take(0)]).toEqual([0, 0, 0]);
  expect(bucket.take(0)).toBeCloseTo(10);
});

test("tokens flow in at the rate of the bucket", () => {
  const bucket = new TokenBucket(1000, 1, 0);
  let taken = 0;
  for (let nowMs = 0; nowMs <= 500; nowMs += 0.25) if (bucket.take(nowMs) === 0) taken++;
  expect(taken).toBe(501);
});

test("a bucket holds no more than its size after a pause", () => {
  const bucket = new TokenBucket(1000, 2, 0);
  bucket.take(60_000);
  bucket.take(60_000);
  expect(bucket.take(60_000)).toBeGreaterThan(0);
});

test("a datagram that is not due waits until it is", () => {
  const pacer = new Pacer(1, 1000);
  expect(pacer.waitMs(50_000, 1010)).toBeCloseTo(40);
  expect(pacer.waitMs(50_000, 1050)).toBe(0);
});

test("after a pause what is overdue does not leave all at once", () => {
  const pacer = new Pacer(100_000, 0);
  let burst = 0;
  while (pacer.waitMs(0, 10_000) === 0) burst++;
  expect(burst).toBe(2000);
});
