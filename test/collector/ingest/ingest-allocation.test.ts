import { execFileSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";

const SCRIPT = fileURLToPath(new URL("../../support/allocation/datagram-path.ts", import.meta.url));

// what is left, 20 KB, is made per batch; one number that became an object would be 16 bytes per datagram
test.each([
  [500, 1],
  [100, 10],
])("nothing is allocated per datagram: %i devices, %i readings each", (devices, readings) => {
  const flags = ["--min-semi-space-size=256", "--max-semi-space-size=256"];
  const printed = execFileSync(process.execPath, [...flags, SCRIPT, String(devices), String(readings)], {
    encoding: "utf8",
  });
  const bytesPerDatagram = Number(printed);
  expect(bytesPerDatagram).toBeGreaterThanOrEqual(0);
  expect(bytesPerDatagram).toBeLessThan(14);
});
