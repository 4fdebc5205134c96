import { expect, test } from "vitest";
import { DeviceTable } from "../../../../collector/tracker/device/device-table.ts";
import { Sources } from "../../../../collector/tracker/device/sources.ts";
import { RunTable } from "../../../../collector/tracker/run/run-table.ts";
import type { Arrival, TrackerSink } from "../../../../collector/tracker/types.ts";

/** A device and what is said of its source. */
const setUp = () => {
  const devices = new DeviceTable(1, 1);
  const slot = devices.add(new DataView(new ArrayBuffer(1)), 0, 1, 1);
  const said: string[] = [];
  const sink = {
    event: (_at: number, kind: string, _device: number, { from, to }: { from: string; to: string }) =>
      said.push(`${kind} ${from} ${to}`),
    sourceChanged: (_device: number, source: string) => said.push(source),
  } as unknown as TrackerSink;
  return { devices, slot, said, sources: new Sources(devices, new RunTable(1), sink, null) };
};
const from = (address: string, port = 5000, nowMs = 100_000): Arrival => ({
  nowMs,
  arrivalUs: nowMs * 1000,
  listener: 0,
  local: 0,
  address,
  port,
  lengthBytes: 100,
});

test.each([
  ["192.0.2.7", "192.0.2.7:5000"],
  ["2001:db8::7", "[2001:db8::7]:5000"],
  ["fe80::7%eth0", "[fe80::7%eth0]:5000"],
])("a device that is heard at %s after a start, where it was before, has not moved", (address, source) => {
  const { said, slot, sources } = setUp();
  sources.restore(slot, source);
  expect([sources.isReported(slot, from(address, 5001)), sources.isReported(slot, from("::1"))]).toEqual([
    false,
    false,
  ]);
  sources.heard(slot, from(address));
  expect(said).toEqual([]);
  sources.heard(slot, from(address, 5001));
  expect(said).toEqual([
    source.replace("5000", "5001"),
    `source-changed ${source} ${source.replace("5000", "5001")}`,
  ]);
});

test("a device whose source the database does not know has its first one after the start", () => {
  const { said, slot, sources } = setUp();
  sources.restore(slot, "");
  sources.heard(slot, from("192.0.2.7"));
  expect(said).toEqual(["192.0.2.7:5000"]);
});

test("a change of source is told 10 s after the one before and no sooner, in whose time the other is heard", () => {
  const { said, slot, sources } = setUp();
  const [one, two] = ["192.0.2.1", "192.0.2.2"];
  sources.heard(slot, from(one, 5000, 100_000));
  sources.heard(slot, from(two, 5000, 109_999));
  expect([said.splice(0), sources.isContested(slot, from(one, 5000, 119_999))]).toEqual([
    [`${one}:5000`],
    true,
  ]);
  expect(sources.isContested(slot, from(one, 5000, 120_000))).toBe(false);
  sources.heard(slot, from(two, 5000, 110_000));
  expect(said).toEqual([`${two}:5000`, `source-changed ${one}:5000 ${two}:5000`]);
  // what is reported now was the other, which was heard last at 100 s
  expect(sources.isContested(slot, from(two, 5000, 110_000))).toBe(true);
  expect(sources.isContested(slot, from(two, 5000, 110_001))).toBe(false);
  expect(sources.isContested(slot, from("192.0.2.3", 5000, 120_000))).toBe(true);
  expect(sources.isContested(slot, from("192.0.2.3", 5000, 120_001))).toBe(false);
});

test("a device that goes on in another run is heard from there at once, which is no change to be told", () => {
  const { said, slot, sources } = setUp();
  const [one, two] = ["192.0.2.1", "192.0.2.2"];
  sources.heard(slot, from(one, 5000, 100_000));
  sources.heard(slot, from(two, 5000, 101_000));
  said.length = 0;
  sources.follow(slot, from(two, 5000, 101_000));
  sources.follow(slot, from(two, 5000, 101_000));
  expect(said).toEqual([`${two}:5000`]);
  // the former one was heard last at 100 s
  expect(sources.isContested(slot, from(two, 5000, 110_000))).toBe(true);
  expect(sources.isContested(slot, from(two, 5000, 110_001))).toBe(false);
});
