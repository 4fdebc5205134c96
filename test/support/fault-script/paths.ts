import type { NaiveDatagram } from "../naive-ledger/device.ts";
import { forgetfulSenders } from "./forgetful-senders.ts";
import { network } from "./network.ts";
import { recovery } from "./recovery.ts";
import type { Sender } from "./sender.ts";
import type { Stage } from "./stage.ts";

/** From there on no source shares its place among the rejected ones with another of a script (docs/ledger.md, "The kernel's counters"): to the naive ledger each is its own. */
const FIRST_OTHER_PORT = 15_360;

/** Several sources, and a second path. */
export const paths = {
  "copy-elsewhere"(stage: Stage, sender: Sender, k: number): void {
    const datagram = sender.sent.at(-1 - (k % 20));
    if (datagram !== undefined) stage.events.push({ event: "datagram", datagram, port: 7 });
  },

  /** heard from three sources, a change of the reported one apart, then numbers are used again */
  "two-homes"(stage: Stage, sender: Sender, k: number): void {
    for (const port of [7, 8]) {
      stage.events.push({ event: "datagram", datagram: stage.data(sender, sender.next++), port });
      stage.pass([9000, 9999, 10_000][k % 3]!);
    }
    forgetfulSenders["reuse-number"](stage, sender, k);
  },

  "move-source"(_stage: Stage, sender: Sender, k: number): void {
    sender.port = FIRST_OTHER_PORT + k;
  },

  /** copies of the newest ones come by the other listener, from the same source or from one of its own */
  "copies-elsewhere"(stage: Stage, sender: Sender, k: number): void {
    const from = 1 + (k % (k % 8 === 0 ? 60 : 6));
    for (const datagram of sender.sent.slice(-from).slice(0, 4)) deliverElsewhere(stage, sender, datagram, k);
  },

  /** new numbers come by the other listener */
  "elsewhere-only"(stage: Stage, sender: Sender, k: number): void {
    sender.next += k % 5 === 0 ? k % 40 : 0;
    for (let i = 0; i <= k % 3; i++) {
      const datagram = stage.data(sender, sender.next++);
      sender.sent.push(datagram);
      deliverElsewhere(stage, sender, datagram, k);
    }
  },

  /** one path is silent while the other goes on, fast or slowly */
  "elsewhere-alone"(stage: Stage, sender: Sender, k: number): void {
    for (let i = 0; i < 30; i++) {
      paths["elsewhere-only"](stage, sender, k);
      stage.pass([0, 10, 200, 700][k % 4]!);
    }
    paths["copies-elsewhere"](stage, sender, 0);
    network.copy(stage, sender, k);
  },

  /** the same answer by both paths */
  "answer-elsewhere"(stage: Stage, sender: Sender, k: number): void {
    recovery["answer-gone"](stage, sender, k);
    const datagram = stage.control(sender, "gone", sender.next);
    stage.events.push({ event: "datagram", datagram, port: sender.port });
    deliverElsewhere(stage, sender, datagram, k);
  },
};

function deliverElsewhere(stage: Stage, sender: Sender, datagram: NaiveDatagram, k: number): void {
  const port = k % 2 === 0 ? sender.port : 8;
  stage.events.push({ event: "datagram", datagram, port, listener: 1 });
}
