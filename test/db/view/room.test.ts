import { expect, test } from "vitest";
import { Room } from "../../../db/view/room.ts";

test("a device has its own room, a share of what is left for all, and no more than one may have", () => {
  const room = new Room({ perDevice: 10, sure: 2, beyond: 9 });
  expect([room.fits(0, 10), room.fits(10, 11)]).toEqual([true, false]);
  room.move(0, 10);
  expect([room.fits(0, 3), room.fits(0, 4), room.fits(0, 3, 1), room.fits(0, 2, 1)]).toEqual([
    true,
    false,
    false,
    true,
  ]);
  room.move(0, 3);
  expect([room.fits(2, 3), room.fits(1, 2), room.asks(1, 4)]).toEqual([false, true, 2]);
  room.move(10, 0);
  expect(room.fits(0, 10)).toBe(true);
});

test("what was refused while there was no room is missing still when there is room again", () => {
  const room = new Room({ perDevice: 10, sure: 2, beyond: 9 });
  room.move(0, 9);
  room.move(0, 3);
  expect([1, 2, 9, 10].map((amount) => room.hasAll(amount))).toEqual([true, true, true, false]);
  // with the last of the shared room
  room.move(3, 4);
  room.move(9, 0);
  expect(room.fits(2, 3)).toBe(true);
  expect([1, 2, 9, 10].map((amount) => room.hasAll(amount))).toEqual([true, false, false, false]);
});
