import { expect, test } from "vitest";
import { LOAD, LoadMeter } from "../../../collector/receive/load-meter.ts";

test("a rate of 10,000 datagrams/s over a window is heavy load", () => {
  const meter = new LoadMeter(0);
  for (let atMs = 1; atMs <= 10; atMs++) meter.add(10, atMs);
  expect(meter.load).toBe(LOAD.HEAVY);
});

test("less, from 500 datagrams/s on, is a steady trickle", () => {
  const meter = new LoadMeter(0);
  for (let atMs = 1; atMs <= 100; atMs++) meter.add(9, atMs);
  expect(meter.load).toBe(LOAD.STEADY);
  for (let atMs = 102; atMs <= 200; atMs += 2) meter.add(1, atMs);
  expect(meter.load).toBe(LOAD.STEADY);
});

test("less than that is light", () => {
  const meter = new LoadMeter(0);
  for (let atMs = 3; atMs <= 300; atMs += 3) meter.add(1, atMs);
  expect(meter.load).toBe(LOAD.LIGHT);
});

test("after silence the first datagram finds no load", () => {
  const meter = new LoadMeter(0);
  meter.add(1000, 10);
  expect(meter.load).toBe(LOAD.HEAVY);
  meter.add(1, 1000);
  expect(meter.load).toBe(LOAD.LIGHT);
});

test("a burst is not load before its window is over", () => {
  const meter = new LoadMeter(0);
  meter.add(1, 50);
  meter.add(500, 51);
  expect(meter.load).toBe(LOAD.LIGHT);
  meter.add(500, 60);
  expect(meter.load).toBe(LOAD.HEAVY);
});
