import { expect, test } from "vitest";
import { AddressBook, AddressCopy, MOST_ADDRESSES } from "../../../collector/handover/address-book.ts";

test("an address travels once, and the copy knows it by its number", () => {
  const [book, copy] = [new AddressBook(), new AddressCopy()];
  const numbers = ["192.0.2.1", "192.0.2.2", "192.0.2.1"].map((address) => book.numberOf(address));
  const added = book.takeNew();
  expect(added).toEqual({ from: 0, addresses: ["192.0.2.1", "192.0.2.2"] });
  copy.take(added);
  book.numberOf("192.0.2.2");
  expect(book.takeNew()).toBeNull();
  copy.take(null);
  expect(numbers.map((number) => copy.at(number))).toEqual(["192.0.2.1", "192.0.2.2", "192.0.2.1"]);
});

test("a full book is begun anew on both sides", () => {
  const [book, copy] = [new AddressBook(), new AddressCopy()];
  for (let index = 0; index < MOST_ADDRESSES; index++) book.numberOf(String(index));
  expect(book.isFull).toBe(true);
  copy.take(book.takeNew());
  expect(copy.at(MOST_ADDRESSES - 1)).toBe(String(MOST_ADDRESSES - 1));
  book.clear();
  const number = book.numberOf("another");
  copy.take(book.takeNew());
  expect([number, copy.at(number)]).toEqual([0, "another"]);
});
