import { expect } from "vitest";
import { LacunaError } from "../../../common/errors.ts";
import type { Division } from "../../../db/query/query-types.ts";
import { countAbsent } from "./count-absent.ts";
import { byTime, hasHad, type Reading, readingsOf } from "./readings-of.ts";
import type { StoredWorld, WorldDevice } from "./stored-world.ts";

interface Bucket {
  start: number;
  count: number;
  nonFinite: number;
  received: number;
  expected: number;
  recovered: number;
  late: number;
  mean: number | null;
  min: number | null;
  max: number | null;
  last: number | null;
}

interface Series {
  from: number | null;
  to: number;
  stepSeconds: number;
  buckets: Bucket[];
}

/** the smallest numbers have no room for a difference in rounding */
const TINY = 1e-300;

/** A series of a channel: each bucket against the readings and numbers that lie in it, one by one. */
export const checkSeries = async (world: StoredWorld): Promise<void> => {
  const { draw } = world;
  world.flush();
  const device = draw.pick(world.devices);
  const channel = draw.pick(world.names);
  const [fromUs, toUs] = world.span(device);
  const series = await ask(world, device, channel, fromUs, toUs);
  if (series === "too fine") return;
  const all = readingsOf(world, device, channel);
  if (series === null) {
    expect(hasHad(world, device, channel)).toBe(false);
    return;
  }
  const inSpan = all.filter(({ timeUs }) => timeUs >= (fromUs ?? -Infinity) && timeUs < (toUs ?? Infinity));
  if (series.buckets.length === 0) {
    expect(inSpan).toHaveLength(0);
    expect(series.from).toBe(fromUs);
    return;
  }
  if (fromUs === null && toUs === null) expect(series.to).toBe(lastTime(world, device) + 1);
  const stepUs = Math.round(series.stepSeconds * 1e6);
  for (const [index, bucket] of series.buckets.entries()) {
    const from = series.from! + index * stepUs;
    const to = Math.min(from + stepUs, series.to);
    expect(bucket.start).toBe(from);
    const readings = all.filter(({ timeUs }) => timeUs >= from && timeUs < to);
    checkValues(bucket, readings);
    checkNumbers(world, device, bucket, from, to);
  }
  const counted = series.buckets.reduce((total, { count }) => total + count, 0);
  expect(counted).toBe(all.filter(({ timeUs }) => timeUs >= series.from! && timeUs < series.to).length);
  await checkAgainstCompleteness(world, device, series, stepUs);
  if (!world.forgets && fromUs === null && toUs === null) checkArrivals(world, device, series.buckets);
};

const ask = async (
  world: StoredWorld,
  device: WorldDevice,
  channel: string,
  fromUs: number | null,
  toUs: number | null,
): Promise<Series | null | "too fine"> => {
  const { draw, nowUs } = world;
  const division: Division = draw.chance(0.6)
    ? { points: draw.pick([1, 2, 5, 13, 100]) }
    : { stepUs: draw.pick([1e6, 7e6, 60e6, 3600e6]) };
  try {
    const query = { device: device.id, channel, fromUs, toUs, nowUs, division };
    const found = await world.reader.seriesText(query, "us");
    return found && JSON.parse(`{${Buffer.from(found.text)}}`);
  } catch (error) {
    if (error instanceof LacunaError && error.code === "ERR_SERIES_STEP") return "too fine";
    throw error;
  }
};

const checkValues = (bucket: Bucket, readings: readonly Reading[]): void => {
  const finite = readings.filter(({ value }) => Number.isFinite(value));
  const counts = { count: readings.length, nonFinite: readings.length - finite.length };
  expect(bucket).toMatchObject(counts);
  if (finite.length === 0) {
    expect(bucket).toMatchObject({ mean: null, min: null, max: null, last: null });
    return;
  }
  const values = finite.map(({ value }) => value);
  const [min, max] = [Math.min(...values), Math.max(...values)];
  // -0 and 0 are one value here
  expect(bucket.min === min, `min ${bucket.min}, not ${min}`).toBe(true);
  expect(bucket.max === max, `max ${bucket.max}, not ${max}`).toBe(true);
  expect(bucket.last).toBe(
    finite.reduce((last, reading) => (byTime(reading, last) > 0 ? reading : last)).value,
  );
  const mean = values.reduce((total, value) => total + value / values.length, 0);
  const size = Math.max(...values.map(Math.abs));
  expect(Math.abs(bucket.mean! - mean)).toBeLessThanOrEqual(size * 1e-9 + TINY);
  expect(bucket.mean).toBeGreaterThanOrEqual(min);
  expect(bucket.mean).toBeLessThanOrEqual(max);
};

const checkNumbers = (
  world: StoredWorld,
  device: WorldDevice,
  { received, expected }: Bucket,
  from: number,
  to: number,
): void => {
  const here = [...world.present()].filter(
    ({ run, timeUs }) => device.runs.includes(run) && timeUs >= from && timeUs < to,
  );
  expect(received).toBe(here.length);
  const { open, lost } = countAbsent(world, device, from, to);
  expect(expected - received).toBeGreaterThanOrEqual(open.least + lost.least);
  expect(expected - received).toBeLessThanOrEqual(open.most + lost.most);
};

/** Two routes, one truth. */
const checkAgainstCompleteness = async (
  world: StoredWorld,
  device: WorldDevice,
  { from, to, buckets }: Series,
  stepUs: number,
): Promise<void> => {
  const index = world.draw.below(buckets.length);
  const fromUs = from! + index * stepUs;
  const { completeness } = await world.reader.readings({
    device: device.id,
    channels: [],
    fromUs,
    toUs: Math.min(fromUs + stepUs, to),
    order: "asc",
    limit: 1,
    after: null,
  });
  const { expected, received } = buckets[index]!;
  expect(completeness).toMatchObject({ expected, received });
};

const checkArrivals = (world: StoredWorld, device: WorldDevice, buckets: readonly Bucket[]): void => {
  const told = device.runs.flatMap(({ run }) => [...world.told.of(run).values()]);
  for (const bin of ["recovered", "late"] as const) {
    const counted = buckets.reduce((total, bucket) => total + bucket[bin], 0);
    expect(counted, bin).toBe(told.filter(({ arrival }) => arrival === bin).length);
  }
};

const lastTime = (world: StoredWorld, device: WorldDevice): number => {
  const present = world.present();
  const sent = world.sentBy(device).filter((one) => present.has(one));
  return Math.max(...sent.flatMap(({ timeUs, readings }) => [timeUs, ...readings.map((one) => one.timeUs)]));
};
