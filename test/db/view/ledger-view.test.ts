import fc from "fast-check";
import { describe, expect, test, vi } from "vitest";
import { openForReading } from "../../../db/file/open.ts";
import { loadLedger } from "../../../db/tables/load.ts";
import { LedgerState } from "../../../db/view/ledger-state.ts";
import { LedgerView } from "../../../db/view/ledger-view.ts";
import type { WriterOptions } from "../../../db/writer/writer.ts";
import { VALUE_TYPE } from "../../../protocol/constants.ts";
import { ROW_FLAG } from "../../../protocol/ledger-row.ts";
import { assertRunIdentities } from "../../support/identities.ts";
import { IngestModel, type ModelRun } from "../../support/ingest-model.ts";
import { StoreBed, viewOf } from "../../support/store-bed.ts";

const bedWithPump = (options: Partial<WriterOptions> = {}) => {
  const bed = new StoreBed();
  const writer = bed.closing(bed.writer(options));
  const model = new IngestModel();
  const device = model.device("pump");
  const flush = () => {
    writer.accept(model.seal());
    writer.flush();
    return viewOf(writer);
  };
  return { bed, writer, model, device, flush };
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

describe("newest values of a device that restarted", () => {
  /** The former run sent up to 10 on channel 1, the later one 0; both are committed. */
  const restarted = (current: "former" | "later") => {
    const world = bedWithPump();
    const { model, device, flush } = world;
    const flags = (which: typeof current) => (which === current ? ROW_FLAG.CURRENT : 0);
    const former = model.run(device, 1, 0, flags("former"));
    for (const sequence of [8, 10])
      model.receive(former, sequence, [{ channel: 1, value: 100 + sequence, timeUs: 1 + sequence }]);
    flush();
    const later = model.run(device, 2, 0, flags("later"));
    model.receive(later, 0, [{ channel: 1, value: 200, timeUs: 20 }]);
    flush();
    return { ...world, former, later };
  };
  const valuesIn = (view: LedgerView) => view.device("pump")!.latest.map(({ value }) => value);

  test("stay when a number that was on the way comes after the restart", () => {
    const { bed, model, flush, former } = restarted("later");
    using _ = bed;
    model.receive(former, 11, [{ channel: 1, value: 111, timeUs: 12 }]);
    expect(valuesIn(flush())).toEqual([200]);
  });

  test("stay when a late number comes beside one that is in order", () => {
    const { bed, model, flush, former } = restarted("former");
    using _ = bed;
    model.receive(former, 9, [{ channel: 1, value: 109, timeUs: 10 }]);
    model.receive(former, 11, [{ channel: 2, value: 111, timeUs: 21 }]);
    expect(valuesIn(flush())).toEqual([200, 111]);
  });

  test("are those of the former epoch when the device speaks on in it", () => {
    const { bed, model, flush, former, later } = restarted("former");
    using _ = bed;
    model.receive(later, 2, [{ channel: 1, value: 202, timeUs: 22 }]);
    flush();
    model.receive(former, 11, [{ channel: 1, value: 111, timeUs: 21 }]);
    flush();
    model.receive(later, 1, [{ channel: 1, value: 201, timeUs: 21 }]);
    expect(valuesIn(flush())).toEqual([111]);
  });

  test("stay when the device sends what it had kept from before it was first heard, also after a start", () => {
    const { bed, model, device, flush } = bedWithPump();
    using _ = bed;
    const live = model.run(device, 1, 0, ROW_FLAG.CURRENT);
    model.receive(live, 100, [{ channel: 1, value: 100, timeUs: 100 }]);
    flush();
    const kept = model.run(device, 1, 1);
    for (const sequence of [0, 1]) {
      model.receive(kept, sequence, [{ channel: 1, value: sequence, timeUs: sequence }]);
      if (sequence === 1) model.receive(live, 101, [{ channel: 1, value: 101, timeUs: 101 }]);
      expect(valuesIn(flush())).toEqual([100 + sequence]);
    }
    model.receive(kept, 2, [{ channel: 1, value: 2, timeUs: 2 }]);
    expect(valuesIn(flush())).toEqual([101]);
    const db = bed.closing(openForReading(bed.copy()));
    expect(valuesIn(new LedgerView(loadLedger(db)))).toEqual([101]);
  });

  test("are those of datagrams without numbers where these come later", () => {
    const { bed, model, device, flush } = bedWithPump();
    using _ = bed;
    const bare = model.run(device, null, 0, ROW_FLAG.UNSEQUENCED);
    model.receiveUnsequenced(bare, [{ channel: 1, value: 1, timeUs: 1 }]);
    model.receive(model.run(device, 1, 0, ROW_FLAG.CURRENT), 0, [{ channel: 1, value: 2, timeUs: 2 }]);
    flush();
    model.receiveUnsequenced(bare, [{ channel: 1, value: 3, timeUs: 3 }]);
    expect(valuesIn(flush())).toEqual([3]);
  });

  test("stay when the name was another channel's before", () => {
    const { bed, model, device, flush, former, later } = restarted("later");
    using _ = bed;
    model.describe(device, 1, 7, "temperature");
    model.describe(device, 2, 5, "temperature");
    model.receive(later, 1, [{ channel: 5, value: 201, timeUs: 21 }]);
    flush();
    model.receive(former, 9, [{ channel: 7, value: 109, timeUs: 10 }]);
    expect(flush().device("pump")!.latest).toMatchObject([
      { name: "ch1", value: 200 },
      { name: "temperature", value: 201 },
    ]);
  });

  test("are the same for a writer, for who follows it, and after a start", () => {
    const datagram = fc.record({
      ...{ run: fc.nat(2), sequence: fc.nat(12), channel: fc.nat(2) },
      ...{ isFlushed: fc.boolean(), current: fc.nat(5) },
    });
    fc.assert(
      fc.property(
        fc.array(datagram, { minLength: 1, maxLength: 40 }),
        fc.nat(2),
        fc.boolean(),
        fc.boolean(),
        (datagrams, checkpointRows, isLagging, isOneEpoch) => {
          const { bed, model, device, writer } = bedWithPump({
            checkpointRows,
            checkpointLagMs: isLagging ? 1e9 : 0,
          });
          using _ = bed;
          const follower = new LedgerState();
          const begun: ModelRun[] = [];
          const commit = (): void => {
            writer.accept(model.seal());
            const outcome = writer.flush();
            if (outcome.outcome === "committed" && outcome.change !== null) follower.apply(outcome.change);
          };
          for (const [
            value,
            { run: index, sequence: number, channel, isFlushed, current },
          ] of datagrams.entries()) {
            // of one epoch the later runs begin below the earlier ones, and may grow beyond these
            const sequence = number + (isOneEpoch ? 12 - 6 * index : 0);
            while (begun.length <= index)
              begun.push(
                isOneEpoch ? model.run(device, 1, begun.length) : model.run(device, begun.length + 1),
              );
            const run = begun[index]!;
            model.makeCurrent(begun[current] ?? run);
            if (!run.received.has(sequence))
              model.receive(run, sequence, [{ channel, value, timeUs: value }]);
            if (isFlushed) commit();
          }
          commit();
          const db = bed.closing(openForReading(bed.copy()));
          const [expected, ...others] = [follower, writer.state, loadLedger(db)].map((state) =>
            new LedgerView(state).device("pump")!.latest.sort((a, b) => (a.name < b.name ? -1 : 1)),
          );
          expect(others).toEqual([expected, expected]);
        },
      ),
      { numRuns: 40 },
    );
  });
});

test("a device is heard on its current run, and without one on the run heard last", () => {
  const { bed, model, device, flush } = bedWithPump();
  using _ = bed;
  const heardEpoch = () => flush().device("pump")!.heard?.epoch;
  const [first, second] = [model.run(device, 0, 0, 0), model.run(device, 1, 0, 0)];
  model.receive(second, 0, []);
  model.nowUs += 1_000_000;
  model.receive(first, 0, []);
  expect(heardEpoch()).toBe(0);
  model.receive(model.run(device, 2, 0, ROW_FLAG.CURRENT), 0, []);
  model.nowUs += 1_000_000;
  model.receive(second, 1, []);
  expect(heardEpoch()).toBe(2);
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
  // of channel 1 too, whose name is that of channel 5 now
  expect(pump.latestCount).toBe(3);
});

test("of an epoch of which no channel is known yet the channels are those with a newest value", () => {
  const { bed, model, device, flush } = bedWithPump();
  using _ = bed;
  const old = model.run(device, 1);
  model.describe(device, 1, 1, "temperature", "Cel");
  // in the order of their numbers, whichever came first
  model.receive(old, 0, [
    { channel: 9, value: 1, timeUs: 1 },
    { channel: 1, value: 20, timeUs: 1 },
  ]);
  const run = model.run(device, 2, 0, ROW_FLAG.CURRENT);
  model.receive(run, 0, []);
  expect(flush().device("pump")!.channels).toEqual([
    { name: "temperature", unit: "Cel" },
    { name: "ch9", unit: "" },
  ]);
  model.receive(run, 1, [{ channel: 9, value: 1, timeUs: 2 }]);
  expect(flush().device("pump")!.channels).toEqual([{ name: "ch9", unit: "" }]);
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

test("name after name is looked for in one list of them: of a device with many channels that takes long to make", () => {
  const { bed, writer, model, device, flush } = bedWithPump();
  using _ = bed;
  const run = model.run(device, 1, 0, ROW_FLAG.CURRENT);
  model.describe(device, 1, 1, "temperature", "Cel");
  model.receive(run, 0, [{ channel: 1, value: 20, timeUs: 1 }]);
  const pump = flush().device("pump")!;
  const lists = [vi.spyOn(writer.state.channels, "descriptions"), vi.spyOn(writer.state.latest, "list")];
  for (const name of ["temperature", "level", "pressure", "ch1", "speed"]) pump.hasChannel(name);
  // the newest values ask for the descriptions, too
  expect(lists.map((list) => list.mock.calls.length)).toEqual([2, 1]);
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
