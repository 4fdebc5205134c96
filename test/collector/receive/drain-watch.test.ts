import { expect, test } from "vitest";
import { DATAGRAMS_PER_TURN, DrainWatch } from "../../../collector/receive/drain-watch.ts";

const turn = (watch: DrainWatch, listener: number, count: number, atMs: number): void => {
  for (let index = 0; index < count; index++) watch.datagram(listener, atMs);
};

test("a socket that gave fewer datagrams than a turn can was read empty at the last of them", () => {
  const watch = new DrainWatch(0);
  watch.add(0, 0);
  turn(watch, 0, DATAGRAMS_PER_TURN - 1, 10);
  watch.afterPoll(11);
  expect(watch.emptyAtMs(12)).toBe(10);
});

test("a socket that gave as many as a turn can may hold more", () => {
  const watch = new DrainWatch(0);
  watch.add(0, 5);
  turn(watch, 0, DATAGRAMS_PER_TURN, 10);
  watch.afterPoll(11);
  expect(watch.emptyAtMs(12)).toBe(5);
  turn(watch, 0, 4, 13);
  watch.afterPoll(14);
  expect(watch.emptyAtMs(15)).toBe(13);
});

test("a silent socket was empty when the turn began", () => {
  const watch = new DrainWatch(0);
  watch.add(0, 0);
  watch.add(1, 0);
  watch.afterPoll(7);
  turn(watch, 0, 1, 9);
  watch.afterPoll(10);
  expect(watch.emptyAtMs(11)).toBe(7);
});

test("the least drained socket decides, and one that was removed does not", () => {
  const watch = new DrainWatch(0);
  watch.add(0, 1);
  watch.add(1, 1);
  watch.afterPoll(1);
  watch.afterPoll(20);
  turn(watch, 0, DATAGRAMS_PER_TURN, 21);
  watch.afterPoll(22);
  expect(watch.emptyAtMs(23)).toBe(1);
  watch.remove(0);
  expect(watch.emptyAtMs(23)).toBe(20);
});

test("without sockets everything has been read", () => {
  expect(new DrainWatch(0).emptyAtMs(42)).toBe(42);
});
