import { control } from "./control.ts";
import { network } from "./network.ts";
import { newSender, type Sender } from "./sender.ts";
import { ABSURD, BEYOND_JUMP, type Stage } from "./stage.ts";

/** What nobody honest sends, and numbers at the edge of belief. */
export const forgery = {
  "forge-epoch"(stage: Stage, sender: Sender, k: number): void {
    for (let i = 0; i <= k % 6; i++)
      stage.deliver(sender, { ...stage.data(sender, k), epoch: 1_000_000 + k + i });
  },

  /** epochs as fast as they are let in, and one more about a minute later */
  "epoch-storm"(stage: Stage, sender: Sender, k: number): void {
    const deliver = (i: number) =>
      stage.deliver(sender, { ...stage.data(sender, 0), epoch: 5000 + 32 * k + i });
    for (let i = 0; i < 18; i++) {
      deliver(i);
      if (i % 3 === 2) stage.pass(i < 17 ? 10_000 : 9_999 + (k % 3));
    }
    deliver(18);
  },

  "forge-number"(stage: Stage, sender: Sender, k: number): void {
    const far = [ABSURD, ABSURD - 1, sender.next + BEYOND_JUMP + (k % 4), sender.next + BEYOND_JUMP - 1 + 50];
    stage.deliver(sender, stage.data(sender, far[k % 4]! + (k % 4 === 3 ? 100 : 0)));
  },

  "before-first"(stage: Stage, sender: Sender, k: number): void {
    const [oldest] = sender.sent.filter((datagram) => datagram.epoch === sender.epoch);
    const number = Math.max(0, (oldest?.sequence ?? 0) - 2 - (k % 100));
    stage.deliver(sender, stage.data(sender, number));
    if (k % 3 === 0) stage.deliver(sender, stage.data(sender, number + 1));
  },

  /** what the sender kept from before it was first heard, beside what it goes on with */
  backfill(stage: Stage, sender: Sender, k: number): void {
    if (k % 4 === 3) {
      drain(stage, sender, k);
      return;
    }
    const [oldest] = sender.sent.filter((datagram) => datagram.epoch === sender.epoch);
    stage.pass(300);
    let number = Math.max(0, (oldest?.sequence ?? 0) - 3 - (k % 7));
    const sendTimeUs = k % 2 === 0 ? stage.wallUs() : (oldest?.sendTimeUs ?? 1) - 1;
    for (let step = 0; step < 3 + (k % 5); step++, number++) {
      if ((k + step) % 6 === 5) continue;
      stage.deliver(sender, { ...stage.data(sender, number), sendTimeUs });
      if (step % 2 === 1) network.send(stage, sender, k);
    }
    if (k % 3 === 0) control.heartbeat(stage, sender);
  },

  /** the number before the first, then the first again */
  "across-first"(stage: Stage, sender: Sender, k: number): void {
    stage.pass(10_001 + (k % 2));
    const oldest = sender.sent.find(({ epoch, kind }) => epoch === sender.epoch && kind === "data");
    const number = Math.max(1, oldest?.sequence ?? 1);
    stage.deliver(sender, { ...stage.data(sender, number - 1), sendTimeUs: 0 });
    stage.deliver(sender, { ...stage.data(sender, number), sendTimeUs: 0 });
  },

  /** as far as is believed just so, by a number or by control, or one further */
  "jump-limit"(stage: Stage, sender: Sender, k: number): void {
    control.heartbeat(stage, sender);
    const last = sender.next - 1 + BEYOND_JUMP + (k % 2);
    if (k % 4 < 2) stage.deliver(sender, stage.data(sender, last));
    else stage.deliver(sender, stage.control(sender, "heartbeat", last + 1));
    if (k % 2 === 0) sender.next = last + 1;
  },

  /** a silence in which so many numbers could have been used, or not */
  "jump-in-silence"(stage: Stage, sender: Sender, k: number): void {
    stage.restart(sender, 300 + k, 0);
    network.send(stage, sender, 0);
    stage.pass(2000);
    forgery["jump-limit"](stage, sender, 0);
    stage.pass(20_000);
    sender.next += Math.floor([2, 3.5, 4.5][k % 3]! * (sender.next / 2) * 20);
    network.send(stage, sender, 0);
  },

  /** numbers without an epoch are believed a hundred back */
  "far-back"(stage: Stage, sender: Sender, k: number): void {
    const number = sender.next;
    network.send(stage, sender, 0);
    sender.next = number + 99 + (k % 4);
    network.send(stage, sender, 0);
    stage.deliver(sender, stage.data(sender, number));
  },

  /** numbers leap beyond belief and go on from there */
  split(stage: Stage, sender: Sender, k: number): void {
    sender.next += BEYOND_JUMP + 100 + k;
    network.send(stage, sender, 1 + (k % 2));
  },

  /** the same, but the confirming number does not follow at once */
  "split-broken"(stage: Stage, sender: Sender, k: number): void {
    const far = sender.next + BEYOND_JUMP + 100 + k;
    stage.deliver(sender, stage.data(sender, far));
    if (k % 2 === 0) network.send(stage, sender, 0);
    stage.pass(k % 3 === 0 ? 5000 : 4999);
    stage.deliver(sender, stage.data(sender, far + 1));
  },

  /** every second number is lost: many ranges */
  comb(stage: Stage, sender: Sender, k: number): void {
    for (let i = 0; i < 4 + (k % 8); i++) network.lose(stage, sender, k % 2);
  },

  unsequenced(stage: Stage, sender: Sender, k: number): void {
    stage.deliver(sender, { ...stage.data(sender, 0), sequence: null, epoch: k % 3 === 0 ? 10 : null });
  },

  /** a device nobody heard of */
  stranger(stage: Stage, _sender: Sender, k: number): void {
    const stranger = { ...newSender(100), id: `stranger-${stage.strangers++ % 4}`, next: k };
    network.send(stage, stranger, k % 2);
    if (k % 5 === 0) control.heartbeat(stage, { ...stranger, id: `stranger-${stage.strangers++ % 4}` });
  },
};

/** All the sender had kept, up to and into what it has sent already, as it sent that; beside what it goes on with, or not. */
function drain(stage: Stage, sender: Sender, k: number): void {
  const sent = sender.sent.filter(({ epoch, kind }) => epoch === sender.epoch && kind === "data");
  const first = Math.max(3, sent[0]?.sequence ?? 3);
  stage.pass(300);
  for (let number = first - 3; number < first + 3; number++) {
    stage.deliver(sender, sent.find(({ sequence }) => sequence === number) ?? stage.data(sender, number));
    if (number >= first) continue;
    stage.pass(k % 8 === 3 ? 20 : 130);
    if (k % 3 < 2) network.send(stage, sender, 0);
  }
}
