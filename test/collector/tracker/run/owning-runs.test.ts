import fc from "fast-check";
import { expect, test } from "vitest";
import { GAP_STATE } from "../../../../collector/tracker/gap/gap-fields.ts";
import { GapList } from "../../../../collector/tracker/gap/gap-list.ts";
import { OwningRuns } from "../../../../collector/tracker/run/owning-runs.ts";
import { RUN_STATE } from "../../../../collector/tracker/run/run-state.ts";
import { RunTable } from "../../../../collector/tracker/run/run-table.ts";
import { KIND } from "../../../../protocol/constants.ts";
import { Datagram } from "../../../../protocol/datagram.ts";
import { CAUSE, ROW } from "../../../../protocol/ledger-row.ts";

const WINDOW_MS = 1;

interface Run {
  first: number;
  highWater: number;
  floor: number;
  absent: number;
  firstSendTime: number;
  maxSendTime: number;
  clockBase: number;
  firstArrival: number;
  highWaterAt: number;
}

interface Said {
  isData: boolean;
  sequence: number;
  absoluteUs: number;
  relativeUs: number;
}

// few values, so that all that may be equal often is
const number = fc.nat(12);
const time = fc.nat(6);

const run: fc.Arbitrary<Run> = fc
  .record({ first: number, length: fc.nat(4), floor: fc.constantFrom(0, 0, 5), absent: number })
  .chain(({ first, length, floor, absent }) =>
    fc.record({
      first: fc.constant(first),
      highWater: fc.constant(first + length - 1),
      floor: fc.constant(floor),
      absent: fc.constant(absent),
      firstSendTime: time,
      maxSendTime: time,
      clockBase: fc.constantFrom(0, 0, 3),
      firstArrival: time.map((ms) => ms * 1000),
      highWaterAt: time.map((ms) => ms * 1000),
    }),
  );

const said: fc.Arbitrary<Said> = fc
  .record({ isData: fc.boolean(), sequence: number, time, isRelative: fc.boolean() })
  .map(({ isData, sequence, time: us, isRelative }) => ({
    isData,
    sequence,
    absoluteUs: isRelative ? 0 : us,
    relativeUs: isRelative ? us : 0,
  }));

const liesBelow = (one: Run, older: Run): boolean =>
  one.highWater >= one.first && one.highWater < older.first;

const isSentLater = ({ maxSendTime, clockBase }: Run, { absoluteUs, relativeUs }: Said): boolean =>
  maxSendTime !== 0 &&
  (absoluteUs > maxSendTime || (relativeUs !== 0 && clockBase !== 0 && clockBase + relativeUs > maxSendTime));

/** Step 3 as docs/ledger.md has it: each run against each older one. */
const isPassedOver = (one: Run, allOlder: readonly Run[], datagram: Said, isDeclared: boolean): boolean => {
  const { isData, absoluteUs } = datagram;
  const n = isData ? datagram.sequence : datagram.sequence - 1;
  const isOlderNews = allOlder.some((older) => {
    const isKept = isDeclared && isData && liesBelow(one, older) && n <= one.highWater;
    const isBefore = absoluteUs !== 0 && absoluteUs < one.firstSendTime;
    return isBefore && older.clockBase === 0 && older.maxSendTime >= absoluteUs && !isKept;
  });
  const goesOn = allOlder.some(
    (older) => liesBelow(one, older) && older.highWaterAt > one.firstArrival + WINDOW_MS * 1000,
  );
  const isOfRunAbove = allOlder.some((older) => {
    if (!isDeclared || !liesBelow(one, older) || n < older.first) return false;
    const isKnown = n <= older.highWater;
    const isHere = isKnown && n >= older.floor && n !== older.absent;
    if (n !== one.highWater + 1) return !(isData && isHere && isSentLater(older, datagram));
    const timeTells = absoluteUs !== 0 && older.maxSendTime !== 0;
    const isLast = !isData && n === older.highWater;
    return isKnown && (isLast || (!isSentLater(older, datagram) && (timeTells || goesOn)));
  });
  return isOlderNews || isOfRunAbove;
};

/** @param newestFirst - runs of one epoch @returns what asks them, and which older ones it asked for */
const tableOf = (newestFirst: readonly Run[], isDeclared: boolean) => {
  const runs = new RunTable(2);
  const slots = newestFirst.map((each, place) => {
    const slot = runs.add(100 - place, 1, 0, isDeclared ? 1 : -1, 0);
    runs.put(slot, ROW.FIRST, each.first);
    runs.put(slot, ROW.HIGH_WATER, each.highWater);
    runs.put(slot, ROW.FLOOR, each.floor);
    runs.put(slot, ROW.FIRST_SEND_TIME, each.firstSendTime);
    runs.put(slot, ROW.MAX_SEND_TIME, each.maxSendTime);
    runs.put(slot, ROW.CLOCK_BASE, each.clockBase);
    runs.put(slot, ROW.FIRST_ARRIVAL, each.firstArrival);
    runs.put(slot, ROW.HIGH_WATER_AT, each.highWaterAt);
    const gaps = new GapList();
    gaps.insert(each.absent, each.absent, GAP_STATE.LOST, CAUSE.NETWORK, 1, 1, 1, 1, 0);
    runs.gaps[slot] = gaps;
    const isBelow = newestFirst.slice(place + 1).some((older) => each.highWater < older.first);
    runs.set(slot, RUN_STATE.BELOW, isDeclared && isBelow);
    return slot;
  });
  const asked = new Set<number>();
  const olderOf = (slot: number): number => {
    const place = slots.indexOf(slot) + 1;
    asked.add(place);
    return slots[place] ?? -1;
  };
  return { owning: new OwningRuns(runs, olderOf, WINDOW_MS), slots, asked };
};

const datagramOf = ({ isData, sequence }: Said): Datagram => {
  const datagram = new Datagram();
  datagram.kind = isData ? KIND.DATA : KIND.HEARTBEAT;
  datagram.sequence = sequence;
  return datagram;
};

test("the runs that may own a datagram are those that each older one, by itself, leaves it", () => {
  fc.assert(
    fc.property(
      fc.array(run, { minLength: 1, maxLength: 12 }),
      fc.array(said, { minLength: 1, maxLength: 4 }),
      fc.boolean(),
      (newestFirst, datagrams, isDeclared) => {
        const { owning, slots } = tableOf(newestFirst, isDeclared);
        for (const each of datagrams) {
          const found: number[] = [];
          const { absoluteUs, relativeUs } = each;
          let slot = owning.newest(slots[0]!, datagramOf(each), absoluteUs, relativeUs);
          for (; slot >= 0; slot = owning.older(slot)) found.push(slots.indexOf(slot));
          const expected = newestFirst.flatMap((one, place) =>
            isPassedOver(one, newestFirst.slice(place + 1), each, isDeclared) ? [] : [place],
          );
          expect(found).toEqual(expected);
        }
      },
    ),
    { numRuns: 1000 },
  );
});

test("of many runs only those are asked for that it takes to tell", () => {
  const lower: Run = {
    first: 0,
    highWater: 4,
    floor: 0,
    absent: -1,
    firstSendTime: 0,
    maxSendTime: 0,
    clockBase: 0,
    firstArrival: 0,
    highWaterAt: 0,
  };
  const upper = { ...lower, first: 10, highWater: 14 };
  const { owning, slots, asked } = tableOf([lower, upper, ...Array(20).fill(lower)], true);
  const datagram = datagramOf({ isData: true, sequence: 15, absoluteUs: 0, relativeUs: 0 });
  expect([owning.newest(slots[0]!, datagram, 0, 0), [...asked]]).toEqual([slots[1], [1]]);
});
