import { expect } from "vitest";
import type { StoredWorld, WorldDevice } from "./stored-world.ts";

/** How far the place of an absent number may be off: it is divided out and rounded. */
const PLACE_US = 3;

/** How many numbers lie in a span, where those at its ends may be counted or not. */
class Between {
  least = 0;
  most = 0;

  expectHolds(count: number): void {
    expect(count).toBeGreaterThanOrEqual(this.least);
    expect(count).toBeLessThanOrEqual(this.most);
  }
}

/** The device's absent numbers that lie in [fromUs, toUs), by state. What retention folded has no place any more. */
export const countAbsent = (world: StoredWorld, device: WorldDevice, fromUs: number, toUs: number) => {
  const absent = { open: new Between(), lost: new Between() };
  for (const { run } of device.runs) {
    for (const { state, placeUs } of world.told.of(run).values()) {
      if (state === "filled") continue;
      const isInside = placeUs >= fromUs + PLACE_US && placeUs < toUs - PLACE_US;
      if (isInside && !(world.forgets && state === "lost")) absent[state].least++;
      if (placeUs >= fromUs - PLACE_US && placeUs < toUs + PLACE_US) absent[state].most++;
    }
  }
  return absent;
};
