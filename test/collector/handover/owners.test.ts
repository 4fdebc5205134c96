import { expect, test } from "vitest";
import { Owners } from "../../../collector/handover/owners.ts";

const idsOf = (count: number): Uint8Array[] =>
  Array.from({ length: count }, (_, index) => new TextEncoder().encode(`device-${index}`));

test("every worker names the same owner of a device, wherever its id lies", () => {
  const [one, other] = [new Owners(7, 3), new Owners(7, 3)];
  for (const id of idsOf(100)) {
    const shifted = new Uint8Array([0, 0, ...id, 9]);
    expect(one.ownerOf(id, 0, id.length)).toBe(other.ownerOf(shifted, 2, id.length));
  }
});

test("devices are spread over the workers", () => {
  const owners = new Owners(7, 4);
  const counts = [0, 0, 0, 0];
  for (const id of idsOf(4000)) counts[owners.ownerOf(id, 0, id.length)]!++;
  for (const count of counts) expect(Math.abs(count - 1000)).toBeLessThan(150);
});
