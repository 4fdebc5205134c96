import type { Sender } from "./sender.ts";
import type { Stage } from "./stage.ts";

/** What the network does to numbers on their way, and our own full queue. */
export const network = {
  send(stage: Stage, sender: Sender, k: number): void {
    for (let i = 0; i <= k % 3; i++) stage.deliver(sender, stage.data(sender, sender.next++));
  },

  lose(stage: Stage, sender: Sender, k: number): void {
    sender.next += 1 + (k % 5);
    network.send(stage, sender, 0);
  },

  shed(stage: Stage, sender: Sender, k: number): void {
    for (let i = 0; i <= k % 3; i++)
      stage.events.push({ event: "shed", datagram: stage.data(sender, sender.next++), port: sender.port });
  },

  /** what we shed is scattered */
  "shed-comb"(stage: Stage, sender: Sender, k: number): void {
    for (let i = 0; i < 3 + (k % 4); i++) {
      network.shed(stage, sender, 0);
      network.send(stage, sender, 0);
    }
  },

  delay(stage: Stage, sender: Sender, k: number): void {
    for (let i = 0; i <= k % 3; i++) sender.stash.push(stage.data(sender, sender.next++));
    if (k % 2 === 0) network.send(stage, sender, 0);
  },

  release(stage: Stage, sender: Sender, k: number): void {
    const [datagram] = sender.stash.splice(k % Math.max(1, sender.stash.length), 1);
    if (datagram !== undefined) stage.deliver(sender, datagram);
  },

  copy(stage: Stage, sender: Sender, k: number): void {
    const datagram = sender.sent.at(-1 - (k % 20));
    if (datagram !== undefined) stage.deliver(sender, datagram);
  },
};
