import { createSocket } from "node:dgram";
import { once } from "node:events";
import { isIPv6 } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { KIND } from "../../protocol/constants.ts";
import { Datagram } from "../../protocol/datagram.ts";
import { decodeNack } from "../../protocol/decode-binary.ts";
import { setDeviceId } from "../../protocol/device-id.ts";
import { encodeBinary } from "../../protocol/encode-binary.ts";
import { REJECT } from "../../protocol/reasons.ts";
import { seededRandom } from "./seeded-random.ts";

/**
 * A program for the inside of a network namespace: ADDRESS PORT DEVICE COUNT SEED. A device whose socket is connected to the collector's address, so
 * that it hears nothing from any other. Of its numbers one in ten is not sent until it is asked for; prints how many those were once all others were
 * sent. Answers until its input ends.
 */
const [address, port, device, count, seed] = process.argv.slice(2) as [
  string,
  string,
  string,
  string,
  string,
];
const EVERY_MS = 5;

const socket = createSocket(isIPv6(address) ? "udp6" : "udp4");
const said = new Datagram();
const heard = new Datagram();
const bytes = new Uint8Array(1400);
const view = new DataView(bytes.buffer);

const send = (kind: number, sequence: number): void => {
  said.reset();
  said.kind = kind;
  setDeviceId(said, device);
  said.epoch = 1;
  said.sequence = sequence;
  said.isEnd = kind === KIND.HEARTBEAT;
  said.sendTimeUs = 1_800_000_000_000_000 + sequence;
  socket.send(bytes.slice(0, encodeBinary(said, 0, bytes, view)));
};

socket.on("message", (message) => {
  const { buffer, byteOffset, length } = message;
  if (decodeNack(message, new DataView(buffer, byteOffset, length), 0, length, heard) !== REJECT.sound)
    return;
  for (let range = 0; range < heard.rangeCount; range++)
    for (let number = heard.rangeFirst[range]!; number <= heard.rangeLast[range]!; number++)
      send(KIND.DATA, number);
});
// the collector is down
socket.on("error", () => {});
process.stdin.on("end", () => socket.close()).resume();
socket.connect(Number(port), address);
await once(socket, "connect");

const random = seededRandom(Number(seed));
let keptBack = 0;
for (let number = 0; number < Number(count); number++) {
  // it begins with two numbers, and is known by them
  if (number > 1 && random() < 0.1) keptBack++;
  else send(KIND.DATA, number);
  await sleep(EVERY_MS);
}
send(KIND.HEARTBEAT, Number(count));
console.log(keptBack);
