import { expect, test } from "vitest";
import {
  burstLoss,
  corruption,
  delay,
  duplication,
  Flight,
  MAX_COPIES,
  randomLoss,
  reordering,
  type Stage,
  stagesOfPaths,
} from "../../../simulator/network/impairments.ts";
import type { SimulatorSettings } from "../../../simulator/options/settings.ts";
import { fixedSettings } from "../support.ts";

const COUNT = 50_000;

/** Sends numbers 0, 1, … of one device through stages and hands each flight over. */
const fly = (stages: readonly Stage[], see: (flight: Flight) => void, count = COUNT): void => {
  const flight = new Flight();
  for (let number = 0; number < count; number++) {
    flight.begin(0, 12345, number);
    for (const stage of stages) stage(flight);
    see(flight);
  }
};

test("random loss loses the share it is told", () => {
  let lost = 0;
  fly([randomLoss(0.02)], ({ copies }) => {
    if (copies === 0) lost++;
  });
  expect(lost / COUNT).toBeCloseTo(0.02, 2);
});

test("burst loss has the long-run loss and the mean burst of the Gilbert-Elliott model", () => {
  let lost = 0;
  let bursts = 0;
  let wasLost = false;
  fly([burstLoss(1, 0.01, 0.25, 1)], ({ copies }) => {
    const isLost = copies === 0;
    if (isLost) lost++;
    if (isLost && !wasLost) bursts++;
    wasLost = isLost;
  });
  expect(lost / COUNT).toBeCloseTo(0.01 / 0.26, 2);
  expect(lost / bursts).toBeGreaterThan(3.6);
  expect(lost / bursts).toBeLessThan(4.4);
});

test("the path of one device turning bad leaves the others good", () => {
  /** Which numbers of each device are lost where their datagrams pass the stages in turns. */
  const lostOf = (stages: readonly [Stage, Stage]): number[][] => {
    const flight = new Flight();
    const lost: number[][] = [[], []];
    for (let number = 0; number < 1000; number++)
      for (const [device, stage] of stages.entries()) {
        flight.begin(device, 500 + device, number);
        stage(flight);
        if (flight.copies === 0) lost[device]!.push(number);
      }
    return lost;
  };
  const one = (): Stage => burstLoss(2, 0.02, 0.1, 1);
  const both = one();
  const together = lostOf([both, both]);
  expect(together).toEqual(lostOf([one(), one()]));
  for (const lost of together) expect(lost.length).toBeGreaterThan(50);
});

test("duplication makes from one up to the given number of further copies", () => {
  const seen = new Set<number>();
  fly([duplication(1, 3)], ({ copies }) => seen.add(copies));
  expect([...seen].sort()).toEqual([2, 3, 4]);
});

test("no datagram has more copies than there is room for", () => {
  const most = { copies: 0 };
  fly([duplication(1, 7), duplication(1, 7)], ({ copies }) => {
    most.copies = Math.max(most.copies, copies);
  });
  expect(most.copies).toBe(MAX_COPIES);
});

test("each copy is damaged by itself", () => {
  let mixed = 0;
  fly([duplication(1, 1), corruption(0.5)], ({ intactCopies }) => {
    if (intactCopies === 1) mixed++;
  });
  expect(mixed / COUNT).toBeCloseTo(0.5, 1);
});

test("a reordered datagram is overtaken by at least one and at most the given number of others", () => {
  const intervalUs = 1000;
  const overtakenBy = new Set<number>();
  fly([reordering(1, 4, Infinity, intervalUs)], ({ delayUs }) =>
    overtakenBy.add(Math.floor(delayUs[0]! / intervalUs)),
  );
  expect([...overtakenBy].sort()).toEqual([1, 2, 3, 4]);
  // clearly behind the last of them: what is due at the same time leaves in the order of its numbers
  fly(
    [reordering(1, 4, Infinity, intervalUs)],
    ({ delayUs }) => expect(delayUs[0]! % intervalUs).toBe(250),
    100,
  );
});

test("a reordered datagram is held back no longer than the given time", () => {
  fly([reordering(1, 4, 1500, 1000)], ({ delayUs }) => expect(delayUs[0]!).toBeLessThanOrEqual(1500), 2000);
});

test("delay and jitter stay within their sum", () => {
  const delays: number[] = [];
  fly([delay(100, 50)], ({ delayUs }) => delays.push(delayUs[0]!), 5000);
  expect(Math.min(...delays)).toBe(100);
  expect(Math.max(...delays)).toBe(149);
});

test("settings in milliseconds delay by so many, and those that are off do nothing", () => {
  const delaysOf = (settings: Partial<SimulatorSettings>): [least: number, greatest: number] => {
    const delays: number[] = [];
    const [path] = stagesOfPaths(fixedSettings(settings), 10_000);
    fly(path!.stages, ({ copies, delayUs }) => delays.push(copies, delayUs[0]!), 2000);
    expect(delays.filter((_, at) => at % 2 === 0)).toEqual(new Array<number>(2000).fill(1));
    const own = delays.filter((_, at) => at % 2 === 1);
    return [Math.min(...own), Math.max(...own)];
  };
  expect(delaysOf({})).toEqual([0, 0]);
  expect(delaysOf({ delayMs: 5 })).toEqual([5000, 5000]);
  expect(delaysOf({ reorder: 1, reorderCount: 100, reorderMs: 3 })).toEqual([3000, 3000]);
  for (const delayMs of [0, 5]) {
    const [least, greatest] = delaysOf({ delayMs, jitterMs: 20 });
    expect([Math.floor(least / 100), Math.floor(greatest / 100)]).toEqual([delayMs * 10, delayMs * 10 + 199]);
  }
});

test("what happens to a datagram does not depend on the other stages", () => {
  const alone: boolean[] = [];
  const together: boolean[] = [];
  fly([randomLoss(0.1)], ({ copies }) => alone.push(copies === 0), 5000);
  fly([corruption(0.1), delay(1, 5), randomLoss(0.1)], ({ copies }) => together.push(copies === 0), 5000);
  expect(together).toEqual(alone);
});
