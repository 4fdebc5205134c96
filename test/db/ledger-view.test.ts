import { expect, test } from "vitest";
import { VALUE_TYPE } from "../../protocol/constants.ts";
import { ROW_FLAG } from "../../protocol/ledger-row.ts";
import { assertRunIdentities } from "../support/identities.ts";
import { IngestModel } from "../support/ingest-model.ts";
import { StoreBed, viewOf } from "../support/store-bed.ts";

const bedWithPump = () => {
  const bed = new StoreBed();
  const writer = bed.closing(bed.writer());
  const model = new IngestModel();
  const device = model.device("pump");
  const flush = () => {
    writer.accept(model.seal());
    writer.flush();
    return viewOf(writer);
  };
  return { bed, model, device, flush };
};

test("the newest value is the one of the newest datagram, not the one with the greatest time", () => {
  const { bed, model, device, flush } = bedWithPump();
  using _ = bed;
  const run = model.run(device, 1, 0, ROW_FLAG.CURRENT);
  model.receive(run, 0, [{ channel: 1, value: 1, timeUs: 9_000_000 }]);
  model.receive(run, 2, [{ channel: 1, value: 2, timeUs: 2_000_000 }]);
  model.receive(run, 1, [{ channel: 1, value: 3, timeUs: 3_000_000 }]);
  expect(flush().device("pump")!.latest).toEqual([{ name: "ch1", unit: "", value: 2, timeUs: 2_000_000 }]);
});

test("the time the collector was down goes on until a start tells its end, with or without devices known before", () => {
  using bed = new StoreBed();
  const model = new IngestModel();
  const first = bed.writer();
  expect(viewOf(first).down).toBeNull();
  first.accept(model.seal());
  first.flush();
  const committedAtUs = viewOf(first).asOfUs;
  first.close();
  const second = bed.closing(bed.writer());
  const still = { fromUs: committedAtUs, toUs: Number.POSITIVE_INFINITY };
  expect(viewOf(second).down).toEqual(still);
  const flush = () => {
    second.accept(model.seal());
    second.flush();
    return viewOf(second).down;
  };
  expect(flush()).toEqual(still);
  model.event(null, "collector-started", {});
  expect(flush()).toEqual({ fromUs: committedAtUs, toUs: model.nowUs });
  model.event(null, "collector-down", { from: 100, to: 200 });
  model.event(null, "collector-started", {});
  expect(flush()).toEqual({ fromUs: 100, toUs: 200 });
  expect(flush()).toEqual({ fromUs: 100, toUs: 200 });
});

test("of two epochs that both speak the one heard later gives the newest value", () => {
  const { bed, model, device, flush } = bedWithPump();
  using _ = bed;
  const real = model.run(device, 1, 0, ROW_FLAG.CURRENT);
  model.receive(real, 0, [{ channel: 1, value: 1, timeUs: 1 }]);
  flush();
  model.receive(model.run(device, 999), 500, [{ channel: 1, value: -1, timeUs: 2 }]);
  expect(flush().device("pump")!.latest).toMatchObject([{ value: -1 }]);
  model.receive(real, 1, [{ channel: 1, value: 2, timeUs: 3 }]);
  expect(flush().device("pump")!.latest).toMatchObject([{ value: 2 }]);
});

test("what comes late of a former epoch takes no newest value from a later one", () => {
  const { bed, model, device, flush } = bedWithPump();
  using _ = bed;
  const former = model.run(device, 1);
  for (const sequence of [0, 1, 3])
    model.receive(former, sequence, [{ channel: 1, value: 100 + sequence, timeUs: 1 + sequence }]);
  flush();
  model.receive(model.run(device, 2, 0, ROW_FLAG.CURRENT), 0, [{ channel: 1, value: 200, timeUs: 9 }]);
  flush();
  const late = { value: 102, timeUs: 3 };
  model.receive(former, 2, [
    { channel: 1, ...late },
    { channel: 2, ...late },
  ]);
  expect(flush().device("pump")!.latest).toMatchObject([{ value: 200 }, { value: 102 }]);
});

test("a name holds for its epoch, and a name that is taken gets the channel's number", () => {
  const { bed, model, device, flush } = bedWithPump();
  using _ = bed;
  const old = model.run(device, 1);
  model.describe(device, 1, 1, "temperature", "Cel");
  model.receive(old, 0, [{ channel: 1, value: 20, timeUs: 1 }]);
  flush();
  const run = model.run(device, 2, 0, ROW_FLAG.CURRENT);
  model.describe(device, 2, 1, "pressure", "Pa");
  model.describe(device, 2, 5, "temperature", "K");
  model.describe(device, 2, 7, "temperature", "K");
  model.receive(run, 0, [
    { channel: 5, value: 293, timeUs: 2 },
    { channel: 9, value: 1, timeUs: 2, type: VALUE_TYPE.BOOL },
  ]);
  const pump = flush().device("pump")!;
  expect(pump.channels).toEqual([
    { name: "pressure", unit: "Pa" },
    { name: "temperature", unit: "K" },
    { name: "temperature#7", unit: "K" },
    { name: "ch9", unit: "" },
  ]);
  expect(pump.latest).toEqual([
    { name: "temperature", unit: "K", value: 293, timeUs: 2 },
    { name: "ch9", unit: "", value: true, timeUs: 2 },
  ]);
});

test("a device has the channels of every epoch, and by its number one that was nameless in some", () => {
  const { bed, model, device, flush } = bedWithPump();
  using _ = bed;
  model.receive(model.run(device, 1), 0, [{ channel: 1, value: 20, timeUs: 1 }]);
  const run = model.run(device, 2, 0, ROW_FLAG.CURRENT);
  model.describe(device, 2, 1, "temperature", "Cel");
  model.receive(run, 0, [{ channel: 9, value: 1, timeUs: 2 }]);
  const pump = flush().device("pump")!;
  const names = ["temperature", "ch1", "ch9", "ch2", "ch09", "temp", ""];
  expect(names.filter((name) => pump.hasChannel(name))).toEqual(["temperature", "ch1", "ch9"]);
});

test("all readings of a device with many channels are kept apart", () => {
  const { bed, model, device, flush } = bedWithPump();
  using _ = bed;
  const run = model.run(device, 1, 0, ROW_FLAG.CURRENT);
  const channels = Array.from({ length: 200 }, (_, index) => (index * 37) % 200);
  for (let sequence = 0; sequence < 3; sequence++) {
    const readings = channels.map((channel) => ({ channel, value: channel * 10 + sequence, timeUs: 1 }));
    model.receive(run, sequence, sequence === 1 ? readings.reverse() : readings);
  }
  const latest = new Map(
    flush()
      .device("pump")!
      .latest.map(({ name, value }) => [name, value]),
  );
  expect(latest.size).toBe(200);
  for (const channel of channels) expect(latest.get(`ch${channel}`)).toBe(channel * 10 + 2);
});

test("runs and fleet keep the conservation laws", () => {
  const { bed, model, device, flush } = bedWithPump();
  using _ = bed;
  const run = model.run(device, 1, 0, ROW_FLAG.CURRENT);
  for (const sequence of [0, 2, 3, 9, 5, 2]) model.receive(run, sequence);
  model.close(run);
  model.receive(run, 7);
  const view = flush();
  for (const { row } of view.device("pump")!.runs) assertRunIdentities(row);
  const { counts } = view.fleet();
  expect(counts).toMatchObject({ expected: 10, received: 6, lost: 4, late: 1, duplicates: 1, unknown: 0 });
  expect([...view.deviceIds()]).toEqual(["pump"]);
});
