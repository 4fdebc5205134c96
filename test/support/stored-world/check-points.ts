import { expect } from "vitest";
import { byTime, hasHad, type Reading, readingsOf } from "./readings-of.ts";
import type { Sent, StoredWorld } from "./stored-world.ts";

interface Point {
  time: number;
  value: number | null;
}

/** Readings chosen for a chart: some of those that lie there, with both ends; all of them where they are few, and a gap between them is one. */
export const checkPoints = async (world: StoredWorld): Promise<void> => {
  const { draw, nowUs } = world;
  world.flush();
  const device = draw.pick(world.devices);
  const channel = draw.pick(world.names);
  const [fromUs, toUs] = world.span(device);
  const most = draw.pick([2, 3, 10, 50, 10_000]);
  const query = { device: device.id, channel, fromUs, toUs, nowUs, points: most };
  const found = await world.reader.pointsText(query, "us");
  if (found === null) {
    expect(hasHad(world, device, channel)).toBe(false);
    return;
  }
  const { points, count } = JSON.parse(`{${Buffer.from(found.text)}}`) as { points: Point[]; count: number };

  const isInside = (timeUs: number) => timeUs >= (fromUs ?? -Infinity) && timeUs < (toUs ?? Infinity);
  const all = readingsOf(world, device, channel).filter(({ timeUs }) => isInside(timeUs));
  const finite = all.filter(({ value }) => Number.isFinite(value)).sort(byTime);
  expect(count).toBe(all.length);
  const shown = points.filter(({ value }) => value !== null);
  expect(shown.length).toBeLessThanOrEqual(most);
  if (finite.length > 0) {
    expect([shown[0]!.time, shown.at(-1)!.time]).toEqual([finite[0]!.timeUs, finite.at(-1)!.timeUs]);
  }
  let place = 0;
  for (const { time, value } of shown) {
    while (place < finite.length && !isPoint(finite[place]!, time, value!)) place++;
    expect(place++, `${value} at ${time} is no reading`).toBeLessThan(finite.length);
  }
  if (finite.length > most) return;
  expect(shown).toHaveLength(finite.length);
  checkBreaks(world, points, finite, device.unsequenced?.run, isInside);
};

/** Between two readings the line is broken exactly where a number between them is not here. */
const checkBreaks = (
  world: StoredWorld,
  points: readonly Point[],
  readings: readonly Reading[],
  unsequenced: number | undefined,
  isInside: (timeUs: number) => boolean,
): void => {
  const present = new Map<number, Map<number, Sent>>();
  for (const sent of world.present()) {
    const numbers = present.get(sent.run.run) ?? new Map<number, Sent>();
    present.set(sent.run.run, numbers.set(sent.sequence, sent));
  }
  let place = 0;
  for (const [index, { sent }] of readings.entries()) {
    const before = readings[index - 1]?.sent;
    const isBroken = points[place]!.value === null;
    if (isBroken) place++;
    place++;
    if (before === undefined) {
      expect(isBroken).toBe(false);
      continue;
    }
    if (before.run !== sent.run) {
      expect(isBroken).toBe(true);
      continue;
    }
    if (sent.run.run === unsequenced) {
      expect(isBroken).toBe(false);
      continue;
    }
    const between = numbersBetween(present.get(sent.run.run)!, before.sequence, sent.sequence);
    const isWhole = between.every((one) => one !== undefined);
    // what lies outside the span need not have been looked at
    const isSeen = between.every((one) => one === undefined || isInside(one.timeUs));
    if (!isWhole || isSeen) expect(isBroken).toBe(!isWhole);
  }
};

const numbersBetween = (numbers: ReadonlyMap<number, Sent>, a: number, b: number): (Sent | undefined)[] => {
  const first = Math.min(a, b) + 1;
  const count = Math.max(Math.abs(a - b) - 1, 0);
  return Array.from({ length: count }, (_, index) => numbers.get(first + index));
};

const isPoint = (reading: Reading, time: number, value: number): boolean =>
  reading.timeUs === time && reading.value === value;
