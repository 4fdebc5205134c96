import { type CollectorPair, SENDERS } from "./collector-pair.ts";
import type { JsonSender } from "./json-sender.ts";

/** more than it takes to be idle */
const IDLE_MS = 61_000;
/** more than it takes to be silent */
const SILENT_MS = 10_001;

/** What a sender does, or happens to all; `k` chooses how. */
export const MOVES = {
  "go-on": (pair: CollectorPair, sender: JsonSender) => pair.goOn(sender),
  lose: (pair: CollectorPair, sender: JsonSender) => {
    sender.numbering.lost.push(sender.data(pair.nowUs));
    pair.goOn(sender);
  },
  late: (pair: CollectorPair, sender: JsonSender) => {
    const text = sender.numbering.lost.pop();
    if (text !== undefined) pair.hear(text, sender.port);
  },
  copy: (pair: CollectorPair, sender: JsonSender, k: number) => pair.copy(sender, k),
  epoch: (pair: CollectorPair, sender: JsonSender, k: number) => {
    pair.turnTo(sender, k);
    if (k % 3 === 0) pair.copy(sender, k);
    else pair.goOn(sender);
  },
  /** so that it is not current then, or was so with one number only. The first number after a heartbeat may be none of its cadence: another one follows, as after a copy */
  once: (pair: CollectorPair, sender: JsonSender, k: number) => {
    pair.turnTo(sender, k);
    pair.goOn(sender, sender.numbering.isAnnounced ? 2 : 1);
  },
  /** by turns, each when the one before it makes room */
  epochs: (pair: CollectorPair, sender: JsonSender, k: number) => {
    for (const shift of [0, 2, 4, 6]) {
      pair.pass(SILENT_MS);
      MOVES.epoch(pair, sender, k >> shift);
    }
  },
  reuse: (pair: CollectorPair, sender: JsonSender) => {
    pair.pass(SILENT_MS);
    sender.begin();
    pair.goOn(sender);
  },
  split: (pair: CollectorPair, sender: JsonSender) => pair.split(sender),
  /** by which the loss of a tail is seen */
  heartbeat: (pair: CollectorPair, sender: JsonSender, k: number) => {
    const { numbering } = sender;
    numbering.next += k % 3;
    numbering.isAnnounced = true;
    pair.tell(sender, { epoch: sender.epoch, next: numbering.next, sleep: k % 30 });
  },
  name: (pair: CollectorPair, sender: JsonSender, k: number) => {
    const members = { ...(k % 3 > 0 && { epoch: sender.epoch }), units: { [`n${k % 64}`]: `u${k % 5}` } };
    pair.tell(sender, members, k % 2 === 0 ? sender.port : 6000 + (k % 7));
  },
  unsequenced: (pair: CollectorPair, sender: JsonSender, k: number) =>
    pair.tell(sender, { values: { [`n${k % 64}`]: k } }),
  pause: (pair: CollectorPair, _: JsonSender, k: number) => pair.pass([300, 2000, 6000, 12_000][k % 4]!),
  others: (pair: CollectorPair, _: JsonSender, k: number) => {
    pair.pass(IDLE_MS);
    pair.group += 1 + (k % (SENDERS - 1));
    // one that is idle changes without a row, one comes for which another leaves, and the first speaks again
    if (k >= 128) for (const who of [0, 1, 0]) MOVES.name(pair, pair.sender(who), k + who);
  },
  stop: (pair: CollectorPair, _: JsonSender, k: number) => pair.startAgain("stop", 1000 + 100 * k),
  crash: (pair: CollectorPair, _: JsonSender, k: number) => pair.startAgain("crash", 1000 + 100 * k),
};
