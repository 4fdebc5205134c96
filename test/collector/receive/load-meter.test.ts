import { expect, test } from "vitest";
import { LoadMeter } from "../../../collector/receive/load-meter.ts";

test("a rate of 10,000 datagrams/s over a window is load", () => {
  const meter = new LoadMeter(0);
  for (let atMs = 1; atMs <= 10; atMs++) meter.add(10, atMs);
  expect(meter.isLoaded).toBe(true);
});

test("less is none", () => {
  const meter = new LoadMeter(0);
  for (let atMs = 1; atMs <= 100; atMs++) meter.add(9, atMs);
  expect(meter.isLoaded).toBe(false);
});

test("after silence the first datagram finds no load", () => {
  const meter = new LoadMeter(0);
  meter.add(1000, 10);
  expect(meter.isLoaded).toBe(true);
  meter.add(1, 1000);
  expect(meter.isLoaded).toBe(false);
});

test("a burst is not load before its window is over", () => {
  const meter = new LoadMeter(0);
  meter.add(1, 50);
  meter.add(500, 51);
  expect(meter.isLoaded).toBe(false);
  meter.add(500, 60);
  expect(meter.isLoaded).toBe(true);
});
