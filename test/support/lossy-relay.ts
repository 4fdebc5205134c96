import { createSocket, type Socket } from "node:dgram";
import { once } from "node:events";
import { KIND } from "../../protocol/constants.ts";
import { seededRandom } from "./seeded-random.ts";

/** A stretch of network between one sender and a collector, as two sockets: loses native DATA on the way there and NACKs on the way back. */
export interface LossyRelay {
  /** where the sender sends to */
  readonly port: number;
  /** DATA that came from the sender, and what of it went on */
  readonly sent: number;
  readonly passed: number;
  readonly nacks: number;
  /** false = nothing is lost any more */
  isLossy: boolean;
  close(): Promise<void>;
}

const bound = async (): Promise<Socket> => {
  const socket = createSocket("udp4");
  socket.bind(0, "127.0.0.1");
  await once(socket, "listening");
  return socket;
};

/** @param loss - in [0, 1], each way; control datagrams are spared, so that what was lost is known */
export const startLossyRelay = async (
  collectorPort: number,
  loss: number,
  seed: number,
): Promise<LossyRelay> => {
  const random = seededRandom(seed);
  const [near, far] = await Promise.all([bound(), bound()]);
  const counts = { sent: 0, passed: 0, nacks: 0 };
  let senderPort = 0;
  const relay = {
    port: near.address().port,
    isLossy: true,
    get sent() {
      return counts.sent;
    },
    get passed() {
      return counts.passed;
    },
    get nacks() {
      return counts.nacks;
    },
    async close() {
      const closed = [near, far].map((socket) => once(socket, "close"));
      near.close();
      far.close();
      await Promise.all(closed);
    },
  };
  const isLost = (): boolean => relay.isLossy && random() < loss;
  near.on("message", (bytes, { port }) => {
    senderPort = port;
    if (bytes[3] === KIND.DATA) {
      counts.sent++;
      if (isLost()) return;
      counts.passed++;
    }
    far.send(bytes, collectorPort, "127.0.0.1");
  });
  far.on("message", (bytes) => {
    counts.nacks++;
    if (!isLost()) near.send(bytes, senderPort, "127.0.0.1");
  });
  return relay;
};
