import { expect, test } from "vitest";
import { KIND } from "../../../protocol/constants.ts";
import { Emission } from "../../../simulator/fleet/emission.ts";
import { ReorderCount } from "../../../simulator/network/reorder-count.ts";
import { fixedSettings, simulateInMemory } from "../support.ts";

const count = (emissions: readonly Emission[], devices: number): number => {
  const reorders = new ReorderCount(devices, 1);
  for (const emission of emissions) reorders.left(emission);
  return reorders.count;
};

const data = (epoch: number, sequence: number, sendTimeUs: number): Emission =>
  Object.assign(new Emission(), { kind: KIND.DATA, epoch, sequence, sendTimeUs });

test.each(["grow", "shrink", "same"] as const)(
  "nothing was overtaken where a fleet that restarts does not reorder (epochs: %s)",
  (epochOrder) => {
    const settings = fixedSettings({
      devices: 3,
      rateHz: 50,
      durationMs: 30_000,
      restartsPerMinute: 30,
      epochOrder,
    });
    const { sent, fleet } = simulateInMemory(settings);
    expect(fleet.counts.restarts).toBeGreaterThan(5);
    expect(
      count(
        sent.map(({ emission }) => emission),
        3,
      ),
    ).toBe(0);
  },
);

test("a straggler is measured by the numbers of its own start", () => {
  const before = [data(7, 0, 10), data(7, 3, 40)];
  expect(count([...before, data(8, 0, 50), data(7, 2, 30), data(8, 1, 60)], 1)).toBe(1);
  expect(count([...before, data(8, 1, 60), data(7, 4, 45), data(8, 0, 50)], 1)).toBe(1);
});

test("a number that came sooner by one path was not overtaken by it on the other", () => {
  const reorders = new ReorderCount(1, 2);
  const by = (path: number, sequence: number): Emission =>
    Object.assign(data(7, sequence, 10 * sequence), { path });
  for (const emission of [by(0, 1), by(0, 2), by(1, 1), by(1, 2)]) reorders.left(emission);
  expect(reorders.count).toBe(0);
  reorders.left(by(1, 0));
  expect(reorders.count).toBe(1);
});

test("copies and damaged datagrams are not counted", () => {
  const damaged = Object.assign(data(7, 0, 10), { damage: 1 });
  expect(count([data(7, 1, 20), data(7, 1, 20), damaged], 1)).toBe(0);
});
