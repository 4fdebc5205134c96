import { KIND, VALUE_TYPE } from "../../../protocol/constants.ts";
import { Datagram } from "../../../protocol/datagram.ts";
import { setDeviceId } from "../../../protocol/device-id.ts";
import { encodeBinary } from "../../../protocol/encode-binary.ts";
import { openIngest } from "../open-ingest.ts";

/**
 * A process of its own, with a young generation that is not collected meanwhile: prints the bytes the heap grows by per datagram, from its
 * bytes to the batch, once the code is compiled. Arguments: devices, readings per datagram.
 */
const [devices, readings] = process.argv.slice(2).map(Number) as [number, number];
const WARM_UP = 600_000;
const MEASURED = 100_000;
/** code may be compiled late where processors are scarce: the least of these counts */
const ROUNDS = 6;
/** one read of a socket: its datagrams share the two times */
const PER_READ = 128;
const START_US = Date.UTC(2026, 10, 20) * 1000;

/** where the lower half of the sequence number is (protocol/decode-binary.ts) */
const SEQUENCE_AT = 16;
const ingest = openIngest(START_US);
const SLOT_BYTES = 64 + 20 * readings;
const bytes = new Uint8Array(devices * SLOT_BYTES);
const view = new DataView(bytes.buffer);
const datagram = new Datagram();
datagram.kind = KIND.DATA;
datagram.epoch = 1;
datagram.sequence = 0;
datagram.sendTimeUs = START_US;
datagram.readingCount = readings;
for (let index = 0; index < readings; index++) {
  datagram.channels[index] = index;
  datagram.types[index] = VALUE_TYPE.FLOAT64;
  datagram.values[index] = index + 0.5;
}
let length = 0;
for (let device = 0; device < devices; device++) {
  setDeviceId(datagram, `pump-${String(device).padStart(4, "0")}`);
  length = encodeBinary(datagram, 0, bytes, view, device * SLOT_BYTES);
}

let sent = 0;
/** as out of a socket: not an array of numbers, out of which each datagram's would be two new objects */
const times: (number | null)[] = [null, null];
const send = (count: number): void => {
  for (const end = sent + count; sent < end; sent++) {
    if (sent % PER_READ === 0) {
      times[0] = START_US + sent * 2;
      times[1] = sent / 500;
    }
    const at = (sent % devices) * SLOT_BYTES;
    view.setUint32(at + SEQUENCE_AT, Math.floor(sent / devices));
    ingest.receive(0, bytes, view, at, length, "192.0.2.7", 5000, times[0]!, times[1]!);
  }
};

send(WARM_UP);
const grown = Array.from({ length: ROUNDS }, () => {
  const before = process.memoryUsage().heapUsed;
  send(MEASURED);
  return process.memoryUsage().heapUsed - before;
});
if (ingest.counters[0]!.received !== sent) throw new Error("not all were received");
console.log(Math.min(...grown.filter((bytes) => bytes >= 0)) / MEASURED);
