import { expect, test } from "vitest";
import { ChannelNames } from "../../../db/view/channel-names.ts";

const entry = (epoch: number, channel: number, name: string) => ({
  epoch,
  channel,
  name,
  unit: "",
  flush: 1,
});
const said = (names: ChannelNames, head: number) =>
  [...names.list(head)].map(({ epoch, channel, name }) => [epoch, channel, name]);

test("a name holds for its epoch; the newest epoch and the newest channel come first", () => {
  const names = new ChannelNames();
  let head = names.describe(-1, entry(3, 1, "flow"));
  head = names.describe(head, entry(4, 1, "level"));
  head = names.describe(head, entry(3, 2, "level"));
  head = names.describe(head, entry(4, 2, "level"));
  head = names.describe(head, entry(5, 9, "on"));
  head = names.describe(head, entry(3, 1, "power"));
  expect(said(names, head)).toEqual([
    [5, 9, "on"],
    [4, 2, "level#2"],
    [4, 1, "level"],
    [3, 2, "level"],
    [3, 1, "power"],
  ]);
});

test("what is removed is used again, and other devices keep theirs", () => {
  const names = new ChannelNames();
  let gone = names.describe(-1, entry(3, 1, "a"));
  gone = names.describe(gone, entry(4, 1, "b"));
  const kept = names.describe(-1, entry(-1, 1, "c"));
  names.remove(gone);
  let head = names.restore(-1, entry(5, 1, "d"));
  head = names.restore(head, entry(5, 2, "e"));
  expect([said(names, head), said(names, kept)]).toEqual([
    [
      [5, 2, "e"],
      [5, 1, "d"],
    ],
    [[-1, 1, "c"]],
  ]);
});

test("the same of a device with many epochs, whichever speaks; one that takes its place has nothing of it", () => {
  const names = new ChannelNames();
  const epochs = Array.from({ length: 1000 }, (_, at) => at);
  let head = -1;
  for (const channel of [1, 2, 3])
    for (const epoch of epochs) head = names.describe(head, entry(epoch, channel, `n${channel}`));
  head = names.describe(head, entry(500, 4, "n4"));
  head = names.restore(head, entry(1000, 1, "new"));
  const ofAll = epochs
    .toReversed()
    .flatMap((epoch) => [
      ...(epoch === 500 ? [[epoch, 4, "n4"]] : []),
      ...[3, 2, 1].map((channel) => [epoch, channel, `n${channel}`]),
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
