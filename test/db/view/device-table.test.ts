import { expect, test } from "vitest";
import { DeviceTable } from "../../../db/view/device-table.ts";

test("a device is found by its id whenever it came, and no longer when it is gone", () => {
  const table = new DeviceTable();
  const pump = table.add(1, "pump");
  expect(table.slotOfId("pump")).toBe(pump);
  const fan = table.add(2, "fan");
  expect(table.slotOfId("fan")).toBe(fan);
  table.remove(1);
  expect(table.slotOfId("pump")).toBe(-1);
});

test("a device that comes back before its former one goes is found under its new number", () => {
  const table = new DeviceTable();
  table.add(1, "pump");
  expect(table.slotOfId("fan")).toBe(-1);
  const again = table.add(2, "pump");
  table.remove(1);
  expect(table.slotOfId("pump")).toBe(again);
});
