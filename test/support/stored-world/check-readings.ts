import { expect } from "vitest";
import type { Completeness, Position, ReadingRow, ReadingsQuery } from "../../../db/query/query-types.ts";
import type { ReadingValue } from "../../../db/view/reading-value.ts";
import { VALUE_TYPE } from "../../../protocol/constants.ts";
import { ROW } from "../../../protocol/ledger-row.ts";
import { countAbsent } from "./count-absent.ts";
import type { Sent, StoredWorld, WorldDevice } from "./stored-world.ts";

interface ExpectedRow {
  sent: Sent;
  timeUs: number;
  names: string[];
  values: ReadingValue[];
}

/** pages after which the store is left alone, so that a walk ends */
const MOVING_PAGES = 25;

/**
 * Walks through a query page by page while the store goes on living. Rows come in order, none twice and none that was never sent; what lay
 * there from the first page to the last is among them. Each page says how complete the whole is.
 */
export const checkReadings = async (world: StoredWorld): Promise<void> => {
  const { draw } = world;
  const device = draw.pick(world.devices);
  const [fromUs, toUs] = world.span(device);
  const channels = draw.chance(0.6) ? [] : [draw.pick(world.names)];
  const order = draw.pick(["asc", "desc"] as const);
  const limit = draw.pick(world.present().size > 400 ? [20, 50, 1000] : [1, 2, 3, 7, 50, 1000]);
  const query = { device: device.id, channels, fromUs, toUs, order, limit };

  const isMoving = draw.chance(0.7);
  const atFirst = world.present();
  const rows = await walk(world, device, query, (page) => {
    if (isMoving && page < MOVING_PAGES && draw.chance(0.6)) world.steps(1 + draw.below(4));
  });
  const atLast = world.present();
  const expected = expectedRows(world, device, query);
  const leaveOut = ({ sent }: ExpectedRow): void => {
    if (atFirst.has(sent) && atLast.has(sent)) fail(query, "left out", { ...sent, run: sent.run.run });
  };
  let place = 0;
  for (const row of rows) {
    const from = place;
    while (place < expected.length && !isSame(row, expected[place]!, device)) place++;
    if (place === expected.length) fail(query, "out of order, twice or never sent", row);
    expected.slice(from, place++).forEach(leaveOut);
  }
  expected.slice(place).forEach(leaveOut);
};

const fail = (query: object, what: string, row: object): never =>
  expect.fail(`${what}: ${JSON.stringify(row)} by ${JSON.stringify(query)}`);

const walk = async (
  world: StoredWorld,
  device: WorldDevice,
  query: Omit<ReadingsQuery, "after">,
  between: (page: number) => void,
): Promise<ReadingRow[]> => {
  const rows: ReadingRow[] = [];
  let after: Position | null = null;
  for (let page = 0; ; page++) {
    const found = await world.reader.readings({ ...query, after });
    const { readings, next, completeness } = found;
    if (next === null) expect(readings.length).toBeLessThanOrEqual(query.limit);
    else expect(readings).toHaveLength(query.limit);
    if (world.isFlushed) checkCompleteness(world, device, query, completeness);
    rows.push(...readings);
    if (next === null) return rows;
    // a cursor goes to the client and comes back
    after = JSON.parse(JSON.stringify(next));
    between(page);
  }
};

const checkCompleteness = (
  world: StoredWorld,
  device: WorldDevice,
  { fromUs, toUs }: Pick<ReadingsQuery, "fromUs" | "toUs">,
  { expected, received, missing, lost }: Completeness,
): void => {
  if (fromUs === null && toUs === null) {
    const heard = device.runs.filter(({ row }) => row[ROW.FIRST]! >= 0);
    const span = heard.map(({ row }) => row[ROW.HIGH_WATER]! - row[ROW.FIRST]! + 1);
    const total = { expected: sum(span), received: sum(heard.map((run) => run.received.size)) };
    expect({ expected, received }).toEqual(total);
    return;
  }
  const inSpan = (at: number) => (fromUs === null || at >= fromUs) && (toUs === null || at < toUs);
  const here = [...world.present()].filter(({ run, timeUs }) => device.runs.includes(run) && inSpan(timeUs));
  expect(received).toBe(here.length);
  expect(expected).toBe(received + missing + lost);
  const absent = countAbsent(world, device, fromUs ?? -Infinity, toUs ?? Infinity);
  absent.open.expectHolds(missing);
  absent.lost.expectHolds(lost);
};

/** A row is what one datagram says of one time, each channel once. */
const expectedRows = (
  world: StoredWorld,
  device: WorldDevice,
  { channels, fromUs, toUs, order }: Pick<ReadingsQuery, "channels" | "fromUs" | "toUs" | "order">,
): readonly ExpectedRow[] => {
  const rows: ExpectedRow[] = [];
  for (const sent of world.sentBy(device)) {
    for (const { timeUs, readings } of groupByTime(sent)) {
      if ((fromUs !== null && timeUs < fromUs) || (toUs !== null && timeUs >= toUs)) continue;
      const wanted = readings
        .map(({ channel, type, value }) => ({
          name: world.nameOf(device, sent.run, channel),
          value: type === VALUE_TYPE.BOOL ? value !== 0 : value,
        }))
        .filter(({ name }) => channels.length === 0 || channels.includes(name));
      const names = wanted.map(({ name }) => name);
      if (wanted.length > 0) rows.push({ sent, timeUs, names, values: wanted.map(({ value }) => value) });
    }
  }
  return order === "asc" ? rows : rows.reverse();
};

const groupByTime = ({ readings }: Sent): { timeUs: number; readings: Sent["readings"][number][] }[] => {
  const groups: ReturnType<typeof groupByTime> = [];
  for (const reading of readings) {
    const takes = (group: (typeof groups)[number]) =>
      group.timeUs === reading.timeUs && !group.readings.some(({ channel }) => channel === reading.channel);
    const group = groups.find(takes);
    if (group === undefined) groups.push({ timeUs: reading.timeUs, readings: [reading] });
    else group.readings.push(reading);
  }
  return groups;
};

const isSame = (
  row: ReadingRow,
  { sent, timeUs, names, values }: ExpectedRow,
  device: WorldDevice,
): boolean =>
  row.timeUs === timeUs &&
  row.epoch === sent.run.epoch &&
  row.run === sent.run.index &&
  row.sequence === (sent.run === device.unsequenced ? null : sent.sequence) &&
  row.names.length === names.length &&
  row.names.every((name, index) => name === names[index]) &&
  row.values.every((value, index) => Object.is(value, values[index]));

const sum = (numbers: readonly number[]): number => numbers.reduce((total, number) => total + number, 0);
