import { expect, test, vi } from "vitest";
import { ChannelNames, undescribedNumber } from "../../../db/view/channel-names.ts";
import { seededRandom } from "../../support/seeded-random.ts";

const entry = (epoch: number, channel: number, name: string, flush = 1) => ({
  epoch,
  channel,
  name,
  unit: "",
  flush,
});
const said = (names: ChannelNames, head: number) =>
  [...names.list(head)].map(({ epoch, channel, name }) => [epoch, channel, name]);

/** What a start makes of the tables, which hold what `names` does. */
const restarted = (names: ChannelNames, head: number): [ChannelNames, number] => {
  const again = new ChannelNames();
  let next = -1;
  for (const description of names.descriptions(head)) next = again.restore(next, description);
  again.restoreEpochs(next, [...names.epochs(head)].reverse(), 0);
  return [again, next];
};

test("a name holds for its epoch; the newest epoch comes first", () => {
  const names = new ChannelNames();
  let head = names.describe(-1, entry(3, 1, "flow"));
  head = names.describe(head, entry(4, 1, "level"));
  head = names.describe(head, entry(3, 2, "level"));
  head = names.describe(head, entry(4, 2, "level"));
  head = names.describe(head, entry(5, 9, "on"));
  head = names.describe(head, entry(3, 1, "power"));
  expect(said(names, head)).toEqual([
    [5, 9, "on"],
    [4, 1, "level"],
    [4, 2, "level#2"],
    [3, 2, "level"],
    [3, 1, "power"],
  ]);
});

test.each([1, 2, 31, 32, 33, 63, 64, 65, 130])(
  "what is said again changes nothing that would have to be written, of %d channels",
  (channels) => {
    const names = new ChannelNames();
    let head = names.describe(-1, entry(9, 0, "n0"));
    const sayAll = (flush: number): void => {
      for (let channel = 0; channel < channels; channel++)
        head = names.describe(head, entry(3, channel, `n${channel}`, flush));
    };
    for (const flush of [1, 2, 3]) sayAll(flush);
    const changed = (after: number) => Array.from(names.changedPlaces(head, after), ({ place }) => place);
    expect([changed(0).length, changed(1)]).toEqual([channels, []]);
    expect(Array.from(names.epochs(head), ({ epoch, flush }) => [epoch, flush])).toEqual([
      [3, 1],
      [9, 1],
    ]);
    expect(said(names, head)).toEqual([
      ...Array.from({ length: channels }, (_, channel) => [3, channel, `n${channel}`]),
      [9, 0, "n0"],
    ]);
  },
);

test("a device has what some epoch of it has, and nothing another one has", () => {
  const names = new ChannelNames();
  let head = names.describe(-1, entry(3, 1, "flow"));
  head = names.describe(head, entry(4, 2, "level"));
  const other = names.describe(-1, entry(3, 1, "level"));
  const has = (of: number) =>
    (
      [
        [1, "flow", ""],
        [2, "level", ""],
        [1, "level", ""],
        [1, "flow", "m"],
      ] as const
    ).map(([channel, name, unit]) => names.has(of, { channel, name, unit }));
  expect([has(head), has(other), has(-1)]).toEqual([
    [true, true, false, false],
    [false, false, true, false],
    [false, false, false, false],
  ]);
});

test.each([2, 40, 200])(
  "a device that takes the place of one with %d channels has nothing of it",
  (channels) => {
    const names = new ChannelNames();
    const other = names.describe(-1, entry(3, 1, "x"));
    let gone = -1;
    for (let channel = 0; channel < channels; channel++)
      gone = names.describe(gone, entry(3, channel, `gone ${channel}`));
    names.remove(gone);
    // what it had is not used again in its order
    for (const channel of [2, 3]) names.describe(other, entry(3, channel, "y"));
    let head = names.describe(-1, entry(3, 1, "a"));
    for (const [channel, name] of [
      [2, "a"],
      [7, "gone 7"],
      [1, "b"],
      [3, "a"],
    ] as const)
      head = names.describe(head, entry(3, channel, name));
    expect(head).toBe(gone);
    expect(said(names, head).sort()).toEqual([
      [3, 1, "b"],
      [3, 2, "a#2"],
      [3, 3, "a"],
      [3, 7, "gone 7"],
    ]);
    expect(names.piecesOf(head)).toBe(4);
  },
);

test("places that no epoch has any more are all used again", () => {
  const names = new ChannelNames();
  let head = -1;
  const say = (epoch: number, name: string): void => {
    for (const channel of [1, 2, 3]) head = names.describe(head, entry(epoch, channel, `${name}${channel}`));
  };
  const places = () => names.descriptions(head).map(({ place, name }) => `${place} ${name}`);
  say(3, "a");
  say(4, "b");
  // of the first ones no epoch has any
  say(3, "b");
  expect(places()).toEqual(["3 b1", "4 b2", "5 b3"]);
  say(5, "c");
  expect(places().map((each) => Number(each.split(" ")[0]))).toEqual([0, 1, 2, 3, 4, 5]);
  expect(said(names, head)).toHaveLength(9);
});

test.each([
  ["ch0", 0],
  ["ch7", 7],
  ["ch65535", 65_535],
  ["ch07", null],
  ["ch", null],
  ["ch123456", null],
  ["Ch7", null],
  ["ch7 ", null],
  ["ch-1", null],
])("%s is the name of channel %s while nothing describes it", (name, number) => {
  expect(undescribedNumber(name)).toBe(number);
});

test("what is removed is used again, and other devices keep theirs", () => {
  const names = new ChannelNames();
  let gone = names.describe(-1, entry(3, 1, "a"));
  gone = names.describe(gone, entry(4, 1, "b"));
  const kept = names.describe(-1, entry(-1, 1, "c"));
  names.remove(gone);
  let head = names.describe(-1, entry(5, 1, "d"));
  head = names.describe(head, entry(5, 2, "e"));
  expect([said(names, head), said(names, kept), names.piecesOf(head), names.piecesOf(kept)]).toEqual([
    [
      [5, 1, "d"],
      [5, 2, "e"],
    ],
    [[-1, 1, "c"]],
    2,
    1,
  ]);
});

test("the same of a device with many epochs, whichever speaks; one that takes its place has nothing of it", () => {
  const names = new ChannelNames();
  const epochs = Array.from({ length: 1000 }, (_, at) => at);
  let head = -1;
  for (const channel of [1, 2, 3])
    for (const epoch of epochs) head = names.describe(head, entry(epoch, channel, `n${channel}`));
  head = names.describe(head, entry(500, 4, "n4"));
  head = names.describe(head, entry(1000, 1, "new"));
  const ofAll = epochs
    .toReversed()
    .flatMap((epoch) => [
      ...[1, 2, 3].map((channel) => [epoch, channel, `n${channel}`]),
      ...(epoch === 500 ? [[epoch, 4, "n4"]] : []),
    ]);
  expect(said(names, head)).toEqual([[1000, 1, "new"], ...ofAll]);
  names.remove(head);
  let other = -1;
  for (const epoch of [2, 1, 0]) other = names.describe(other, entry(epoch, 1, "other"));
  expect(said(names, other)).toEqual([0, 1, 2].map((epoch) => [epoch, 1, "other"]));
});

test("a sender that describes all it can has 1,024 names in an epoch at most", () => {
  const names = new ChannelNames();
  let head = -1;
  for (let channel = 0; channel < 2000; channel++)
    head = names.describe(head, entry(3, channel, `n${channel}`));
  expect(said(names, head)).toHaveLength(1024);
  head = names.describe(head, entry(3, 7, "renamed"));
  expect(said(names, head)).toContainEqual([3, 7, "renamed"]);
});

test("what is said again at each start is known once, in whatever order and with whatever left out", () => {
  const random = seededRandom(3);
  const names = new ChannelNames();
  let head = -1;
  const expected: [number, number, string][] = [];
  for (let epoch = 0; epoch < 2000; epoch++) {
    const isWhole = epoch % 3 === 0;
    const channels = Array.from({ length: 40 }, (_, channel) => channel).filter(
      () => isWhole || random() < 0.7,
    );
    if (!isWhole) channels.sort(() => random() - 0.5);
    for (const channel of channels) head = names.describe(head, entry(epoch, channel, `n${channel}`));
    for (const channel of channels) expected.push([epoch, channel, `n${channel}`]);
  }
  expect(names.piecesOf(head)).toBe(40);
  const order = (a: (string | number)[], b: (string | number)[]) =>
    Number(a[0]) - Number(b[0]) || Number(a[1]) - Number(b[1]);
  expect(said(names, head).sort(order)).toEqual(expected.sort(order));
  // those that describe all have the same span, which is a number
  const whole = [...names.epochs(head)].filter(({ epoch }) => epoch % 3 === 0);
  expect(new Set(whole.map(({ places }) => places))).toEqual(new Set([39]));
});

test("a name that no epoch has any more leaves its place, and says so to the tables", () => {
  const names = new ChannelNames();
  let head = names.describe(-1, entry(1, 1, "a", 1));
  head = names.describe(head, entry(2, 1, "a", 2));
  for (let flush = 3; flush < 300; flush++)
    head = names.describe(head, entry(2, 1, `renamed ${flush}`, flush));
  expect(names.piecesOf(head)).toBe(2);
  expect([...names.changedPlaces(head, 298)]).toHaveLength(2);
  head = names.describe(head, entry(2, 1, "a", 300));
  expect([...names.changedPlaces(head, 299)]).toEqual([{ place: expect.any(Number), description: null }]);
  const [again, next] = restarted(names, head);
  expect(said(again, next)).toEqual([
    [2, 1, "a"],
    [1, 1, "a"],
  ]);
});

test("whatever is described, renamed and removed, and with a start at any moment, each epoch has its own names", () => {
  const random = seededRandom(11);
  const below = (limit: number) => Math.floor(random() * limit);
  let names = new ChannelNames();
  const heads = [-1, -1, -1];
  const expected = heads.map(() => new Map<string, string>());
  for (let step = 0; step < 20_000; step++) {
    const device = below(heads.length);
    if (step % 2000 === 1999) {
      names.remove(heads[device]!);
      heads[device] = -1;
      expected[device]!.clear();
      continue;
    }
    const [epoch, channel] = [below(30), below(60)];
    // names of different channels differ: none needs a suffix
    const name = `${channel}-${below(3)}`;
    heads[device] = names.describe(heads[device]!, entry(epoch, channel, name));
    expected[device]!.set(`${epoch} ${channel}`, name);
    if (step % 3000 !== 0) continue;
    const moved = heads.map((head) => [names, head] as const);
    names = new ChannelNames();
    for (const [at, [old, head]] of moved.entries()) {
      let next = -1;
      for (const description of old.descriptions(head)) next = names.restore(next, description);
      if (next >= 0) names.restoreEpochs(next, [...old.epochs(head)].reverse(), 0);
      heads[at] = next;
    }
  }
  for (const [device, head] of heads.entries()) {
    const found = said(names, head).map(
      ([epoch, channel, name]) => [`${epoch} ${channel}`, name] as [string, string],
    );
    expect(found).toHaveLength(expected[device]!.size);
    expect(new Map(found)).toEqual(expected[device]);
    expect(names.piecesOf(head)).toBe(new Set(expected[device]!.values()).size);
  }
});

test("of two epochs described in turn nothing is made anew for each description", () => {
  const names = new ChannelNames();
  let head = -1;
  for (const epoch of [1, 2])
    for (let channel = 0; channel < 1024; channel++)
      head = names.describe(head, entry(epoch, channel, `n${channel} ${epoch}`));
  const set = vi.spyOn(Map.prototype, "set");
  for (let channel = 0; channel < 1000; channel++)
    for (const epoch of [1, 2]) names.describe(head, entry(epoch, channel, `n${channel} ${3 - epoch}`));
  const { length } = set.mock.calls;
  set.mockRestore();
  expect(length).toBeLessThan(5000);
  expect(said(names, head).slice(0, 2)).toEqual([
    [2, 0, "n0 1"],
    [2, 1, "n1 1"],
  ]);
});

test.for([
  ["few", 20],
  ["many", 200],
] as const)(
  "a name that another channel has gets a suffix, with %s of one epoch in a row",
  ([, channels]) => {
    const random = seededRandom(17);
    const below = (limit: number) => Math.floor(random() * limit);
    const names = new ChannelNames();
    let head = -1;
    const expected = new Map<number, Map<number, string>>();
    for (let round = 0; round < 200; round++) {
      const epoch = below(4);
      const here = expected.get(epoch) ?? new Map<number, string>();
      expected.set(epoch, here);
      for (let left = below(150); left >= 0; left--) {
        const [channel, name] = [below(channels), `n${below(channels)}`];
        head = names.describe(head, entry(epoch, channel, name));
        const isTaken = [...here].some(([other, its]) => other !== channel && its === name);
        here.set(channel, isTaken ? `${name}#${channel}` : name);
      }
    }
    const all = [...expected].flatMap(([epoch, here]) =>
      [...here].map(([channel, name]) => `${epoch} ${channel} ${name}`),
    );
    const found = said(names, head).map((each) => each.join(" "));
    expect(found.sort()).toEqual(all.sort());
  },
);
