import type { BatchMessage, Restored } from "../protocol/batch.ts";
import { KIND, VALUE_TYPE } from "../protocol/constants.ts";
import { Datagram } from "../protocol/datagram.ts";
import { setDeviceId } from "../protocol/device-id.ts";
import { encodeBinary } from "../protocol/encode-binary.ts";
import { BatchPool } from "./batch-pool.ts";
import { Ingest } from "./ingest.ts";
import type { TrackerSettings } from "./tracker-settings.ts";

/** V8 has compiled the way of a datagram for good after some 30,000 of them */
const DATAGRAMS = 32_000;
const DEVICES = 64;
/** one in so many is absent, so that gaps open and close as well */
const ABSENT = 50;
const START_US = 1_700_000_000_000_000;
const STEP_MS = 0.05;
const TICK_EVERY = 400;

/**
 * Lead datagrams of devices nobody has through a pipeline that is thrown away, before the sockets are bound. Until it is compiled a datagram
 * costs ten times as much: a collector started amid 500,000 datagrams/s would lose what its receive buffer cannot hold for those 150 ms.
 * @param tracker - the settings of the pipeline to come, whose code this is
 * @param restored - an empty database
 * @returns datagrams that were received
 */
export const warmUp = (tracker: TrackerSettings, restored: Restored): number => {
  const ingest: Ingest = new Ingest({
    formats: ["auto"],
    tracker: { ...tracker, maxDevices: 2 * DEVICES, nextDevice: 1, nextRun: 1 },
    pool: new BatchPool(2),
    restored,
    batchMs: 100,
    send: ({ buffer, number }: BatchMessage) => ingest.takeBack({ buffer, committed: number }),
    onInternalError: (error) => {
      throw error;
    },
  });
  ingest.restore();
  ingest.start(0, START_US);
  const bytes = new Uint8Array(128);
  const view = new DataView(bytes.buffer);
  const datagrams = Array.from({ length: DEVICES }, (_, index) => newDatagram(`warm-up-${index}`));
  for (let sent = 0; sent < DATAGRAMS; sent++) {
    const nowMs = sent * STEP_MS;
    const wallUs = START_US + Math.round(nowMs * 1000);
    const datagram = datagrams[sent % DEVICES]!;
    datagram.sequence += sent % ABSENT === 0 ? 2 : 1;
    datagram.sendTimeUs = wallUs;
    const length = encodeBinary(datagram, 0, bytes, view, 0);
    ingest.receive(0, bytes, view, 0, length, "127.0.0.1", 1, wallUs, nowMs);
    if (sent % TICK_EVERY === 0) ingest.tick(nowMs, nowMs, wallUs);
  }
  return ingest.listeners[0]!.received;
};

const newDatagram = (id: string): Datagram => {
  const datagram = new Datagram();
  datagram.kind = KIND.DATA;
  datagram.epoch = 1;
  setDeviceId(datagram, id);
  datagram.readingCount = 1;
  datagram.types[0] = VALUE_TYPE.FLOAT64;
  datagram.values[0] = 20.5;
  return datagram;
};
