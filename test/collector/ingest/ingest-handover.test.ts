import { expect, test } from "vitest";
import { NOTHING_RESTORED } from "../../../collector/ingest/nothing-restored.ts";
import { entryOf } from "../../../collector/receive/entry.ts";
import { OP, OP_CODE } from "../../../protocol/batch.ts";
import { KIND } from "../../../protocol/constants.ts";
import { Datagram } from "../../../protocol/datagram.ts";
import { deviceIdText } from "../../../protocol/device-id.ts";
import { CAUSE } from "../../../protocol/ledger-row.ts";
import { IngestBench } from "../../support/ingest-bench.ts";

const data = (device: string, seq: number): string =>
  JSON.stringify({ device, epoch: 3, seq, values: { a: seq } });

/** A worker that owns no device whose id begins with "b". */
const setUp = (hasRoom = true) => {
  const passed: { owner: number; device: string; entry: number; text: string; from: string }[] = [];
  const told = { breaks: 0 };
  const bench = new IngestBench({
    worker: 1,
    restored: { ...NOTHING_RESTORED, hasHistory: true },
    exchange: {
      otherOwnerOf: (datagram) => (deviceIdText(datagram).startsWith("b") ? 2 : -1),
      pass: (owner, datagram, entry, bytes, offset, length, address, port) => {
        const text = Buffer.from(bytes.subarray(offset, offset + length)).toString();
        passed.push({ owner, device: deviceIdText(datagram), entry, text, from: `${address}:${port}` });
        return hasRoom;
      },
      listenerBreak: () => {
        told.breaks++;
      },
    },
  });
  return { bench, passed, told };
};

test("a datagram of another worker's device is handed over as it came, and counted there", () => {
  const { bench, passed } = setUp();
  bench.receive(data("a-1", 0));
  bench.receive(data("b-1", 0), 0, 5001, 7);
  expect(passed).toMatchObject([{ owner: 2, device: "b-1", entry: entryOf(0, 7), text: data("b-1", 0) }]);
  expect(passed[0]!.from).toMatch(/:5001$/);
  expect(bench.counts()).toMatchObject({ datagrams: 1, received: 1, shed: 0 });
});

test("one that finds no room on its way is counted as shed where it arrived, without a verdict", () => {
  const { bench } = setUp(false);
  bench.receive(data("b-1", 0));
  expect(bench.counts()).toMatchObject({ datagrams: 1, received: 0, shed: 1 });
  expect(bench.ingest.arrivalsOf("b-1")).toBeNull();
});

test("what is not sound is rejected where it arrived", () => {
  const { bench, passed } = setUp();
  bench.receive("{");
  expect(passed).toEqual([]);
  expect(bench.counts()).toMatchObject({ datagrams: 1, rejected: { "bad-json": 1 } });
});

test("a number another worker shed is queue-overflow in its owner's ledger", () => {
  const { bench } = setUp();
  bench.receive(data("a-1", 0));
  const shed = new Datagram();
  shed.kind = KIND.DATA;
  shed.pointId(new TextEncoder().encode("a-1"));
  shed.epoch = 3;
  shed.sequence = 1;
  bench.ingest.shedElsewhere(shed, bench.wallUs, bench.nowMs);
  bench.receive(data("a-1", 2));
  bench.advance(400);
  const [lost] = bench.reader.opsOf(OP_CODE.LOST);
  expect([lost![OP.FIRST], lost![OP.LAST], lost![OP.CAUSE]]).toEqual([1, 1, CAUSE.QUEUE_OVERFLOW]);
});

test("a change of a listener's state is told to the other workers", () => {
  const { bench, told } = setUp();
  bench.ingest.listenerChanged("udp://0.0.0.0:1", "OK", "bound", bench.wallUs, bench.nowMs);
  expect(told.breaks).toBe(1);
});

test("only the first worker tells that the collector started and stopped", () => {
  const { bench } = setUp();
  bench.receive(data("a-1", 0));
  expect(bench.stop()).toBe(true);
  expect(bench.reader.notesOf("event")).toEqual([]);
});
