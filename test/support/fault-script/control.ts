import type { Sender } from "./sender.ts";
import { BEYOND_JUMP, type Stage } from "./stage.ts";

/** Heartbeats, descriptions, GONE, and what they assert. */
export const control = {
  heartbeat(stage: Stage, sender: Sender): void {
    stage.deliver(sender, stage.control(sender, "heartbeat", sender.next));
  },

  "heartbeat-ahead"(stage: Stage, sender: Sender, k: number): void {
    stage.deliver(sender, stage.control(sender, "heartbeat", sender.next + 1 + (k % 6)));
  },

  "heartbeat-behind"(stage: Stage, sender: Sender, k: number): void {
    const datagram = stage.control(sender, "heartbeat", Math.max(0, sender.next - 1 - (k % 6)));
    stage.deliver(sender, k % 2 === 0 ? datagram : { ...datagram, sendTimeUs: 0 });
  },

  "heartbeat-too-far"(stage: Stage, sender: Sender): void {
    stage.deliver(sender, stage.control(sender, "heartbeat", sender.next + BEYOND_JUMP + 300));
  },

  /** the tail is lost and only the heartbeat tells */
  "heartbeat-lost"(stage: Stage, sender: Sender, k: number): void {
    sender.next += 1 + (k % 4);
    control.heartbeat(stage, sender);
  },

  sleep(stage: Stage, sender: Sender, k: number): void {
    stage.deliver(sender, { ...stage.control(sender, "heartbeat", sender.next), sleepSeconds: k });
  },

  end(stage: Stage, sender: Sender, k: number): void {
    const next = Math.max(0, k % 4 === 0 ? sender.next - 1 : sender.next);
    stage.deliver(sender, { ...stage.control(sender, "heartbeat", next), isEnd: true });
  },

  /** asleep and awake again by turns */
  doze(stage: Stage, sender: Sender, k: number): void {
    for (let turn = 0; turn < 2 + (k % 8); turn++) {
      control.sleep(stage, sender, k);
      control.heartbeat(stage, sender);
    }
  },

  describe(stage: Stage, sender: Sender): void {
    stage.deliver(sender, stage.control(sender, "describe", sender.next));
  },

  gone(stage: Stage, sender: Sender): void {
    stage.deliver(sender, stage.control(sender, "gone", sender.next));
  },

  "gone-elsewhere"(stage: Stage, sender: Sender, k: number): void {
    const epoch = sender.epochs[k % sender.epochs.length]!;
    stage.deliver(sender, { ...stage.control(sender, "gone", sender.next + (k % 3)), epoch });
  },

  "assert-nothing"(stage: Stage, sender: Sender): void {
    stage.deliver(sender, stage.control(sender, "describe", null));
  },
};
