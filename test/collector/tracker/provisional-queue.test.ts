import { expect, test } from "vitest";
import { ProvisionalQueue } from "../../../collector/tracker/provisional-queue.ts";

test("devices come out in the order they came in, also when the ring has grown round its end", () => {
  const queue = new ProvisionalQueue();
  const expected: [number, number][] = [];
  const taken: [number, number][] = [];
  const take = (): void => {
    taken.push([queue.slot, queue.number]);
    queue.shift();
  };
  for (let device = 1; device <= 5000; device++) {
    queue.push(device % 700, device + 2 ** 31);
    expected.push([device % 700, device + 2 ** 31]);
    if (device % 3 === 0) take();
  }
  while (!queue.isEmpty) take();
  expect(taken).toEqual(expected);
});
