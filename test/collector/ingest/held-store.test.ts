import { expect, test } from "vitest";
import { HeldStore } from "../../../collector/ingest/held-store.ts";

const ARRIVAL = { arrivalUs: 42 };

test("what is kept is a copy, and is taken once", () => {
  const store = new HeldStore();
  const bytes = Uint8Array.of(1, 2, 3);
  store.keep(7, bytes, 1, ARRIVAL);
  bytes.fill(0);
  expect(store.take(7)).toEqual({ bytes: Uint8Array.of(1, 2, 3), readings: 1, arrivalUs: 42 });
  expect(store.take(7)).toBeUndefined();
});

test("beyond the bound only the number waits, and room comes back with what is taken", () => {
  const store = new HeldStore(4);
  store.keep(1, new Uint8Array(3), 5, ARRIVAL);
  store.keep(2, new Uint8Array(3), 6, ARRIVAL);
  expect(store.take(2)).toEqual({ bytes: null, readings: 6, arrivalUs: 42 });
  store.take(1);
  store.keep(3, new Uint8Array(4), 7, ARRIVAL);
  expect(store.take(3)!.bytes).toHaveLength(4);
  expect(store.size).toBe(0);
});

test("what is kept of a device takes the place, and the room, of what was", () => {
  const store = new HeldStore(4);
  store.keep(1, new Uint8Array(3), 5, ARRIVAL);
  store.keep(1, Uint8Array.of(1, 2, 3, 4), 6, ARRIVAL);
  expect(store.take(1)).toEqual({ bytes: Uint8Array.of(1, 2, 3, 4), readings: 6, arrivalUs: 42 });
});
