import { KIND } from "../../../protocol/constants.ts";
import type { Datagram } from "../../../protocol/datagram.ts";
import type { NaiveDatagram } from "../naive-ledger/device.ts";

const KINDS = { data: KIND.DATA, heartbeat: KIND.HEARTBEAT, describe: KIND.DESCRIBE, gone: KIND.GONE };

/** The datagram as the decoder would hand it to the tracker. @returns `target`, filled */
export function fillDatagram(target: Datagram, datagram: NaiveDatagram): Datagram {
  const id = Buffer.from(datagram.device);
  target.reset();
  target.kind = KINDS[datagram.kind];
  target.isNative = datagram.epoch !== null;
  target.epoch = datagram.epoch ?? -1;
  target.sequence = datagram.sequence ?? -1;
  target.sequenceBits = datagram.bits ?? 53;
  target.startsAtZero = datagram.startsAtZero ?? true;
  target.sendTimeUs = datagram.sendTimeUs;
  target.sendTimeIsRelative = datagram.isRelative;
  target.pointId(id);
  target.sleepSeconds = datagram.sleepSeconds ?? -1;
  target.isEnd = datagram.isEnd ?? false;
  for (const [first, last] of datagram.gone ?? []) {
    target.rangeFirst[target.rangeCount] = first;
    target.rangeLast[target.rangeCount++] = last;
  }
  return target;
}
