import { expect, test } from "vitest";
import { Owners } from "../../../collector/handover/owners.ts";

/** @param before - bytes in front of each id */
const idsOf = (count: number, before = ""): DataView[] =>
  Array.from({ length: count }, (_, index) => {
    const bytes = Buffer.from(`${before}device-${index}`);
    return new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  });

test("every worker names the same owner of a device, wherever its id lies", () => {
  const [one, other] = [new Owners(7, 3), new Owners(7, 3)];
  const shifted = idsOf(100, "--");
  for (const [index, id] of idsOf(100).entries()) {
    expect(one.ownerOf(id, 0, id.byteLength)).toBe(other.ownerOf(shifted[index]!, 2, id.byteLength));
  }
});

test("devices are spread over the workers", () => {
  const owners = new Owners(7, 4);
  const counts = [0, 0, 0, 0];
  for (const id of idsOf(4000)) counts[owners.ownerOf(id, 0, id.byteLength)]!++;
  for (const count of counts) expect(Math.abs(count - 1000)).toBeLessThan(150);
});
