import { expect, test } from "vitest";
import { Peers } from "../../../collector/recovery/peers.ts";

/** So many devices, each asked at `askedMs`, or never. */
const peersOf = (askedMs: readonly (number | null)[]): Peers => {
  const peers = new Peers(askedMs.length);
  for (const [device, atMs] of askedMs.entries()) {
    const peer = peers.obtain(device, 0)!;
    if (atMs !== null) peer.asked("192.0.2.7", 5000, atMs, atMs);
  }
  return peers;
};

test.each([
  ["asked", 10_000, 70_000],
  ["never asked", null, 30_000],
])("a device that was %s makes room when its time is over and not before", (_, askedMs, freeAtMs) => {
  expect(peersOf([askedMs]).obtain(7, freeAtMs - 1)).toBeUndefined();
  const peers = peersOf([askedMs]);
  const newcomer = peers.obtain(7, freeAtMs);
  expect(newcomer).toBeDefined();
  expect([peers.size, peers.get(0), peers.get(7)]).toEqual([1, undefined, newcomer]);
});

test("the search for an idle one is bounded, and goes on 20 ms later where it stopped", () => {
  const devices = Array.from({ length: 200 }, (_, device) => device);
  const peers = peersOf(devices.map((device) => (device === 100 ? null : 40_000)));
  expect(peers.obtain(500, 41_000)).toBeUndefined();
  expect(peers.obtain(500, 41_019)).toBeUndefined();
  expect(peers.obtain(500, 41_020)).toBeDefined();
  expect(devices.filter((device) => peers.get(device) === undefined)).toEqual([100]);
  // the next one begins behind those
  peers.get(130)!.askedMs = -20_000;
  expect(peers.obtain(501, 41_040)).toBeDefined();
  expect(devices.filter((device) => peers.get(device) === undefined)).toEqual([100, 130]);
});

test("a device that is known is no newcomer, and one that left makes room at once", () => {
  const peers = peersOf([40_000, 40_000]);
  expect(peers.obtain(0, 41_000)).toBe(peers.get(0));
  peers.forget(1);
  expect(peers.obtain(2, 41_000)).toBeDefined();
  expect([peers.size, peers.get(1)]).toEqual([2, undefined]);
});
