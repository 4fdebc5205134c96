import { network } from "./network.ts";
import type { Sender } from "./sender.ts";
import type { Stage } from "./stage.ts";

/** Senders that start again, forget their numbers, or have strange clocks. */
export const forgetfulSenders = {
  "reuse-number"(stage: Stage, sender: Sender, k: number): void {
    const number = Math.max(0, sender.next - 1 - (k % 8));
    stage.deliver(sender, stage.data(sender, number));
    if (k % 2 === 0) stage.deliver(sender, stage.data(sender, number + 1));
  },

  /** starts again under the same epoch */
  rewind(stage: Stage, sender: Sender, k: number): void {
    sender.next = Math.max(0, k % 2 === 0 ? 0 : sender.next - (k % 12));
    if (k % 3 !== 0) stage.pass(10_001);
    network.send(stage, sender, k);
  },

  /** a number again, now with a send time although the sender had none */
  "clock-found"(stage: Stage, sender: Sender, k: number): void {
    if (sender.clock !== "none") return;
    if (k % 2 === 0) stage.pass(10_001);
    const number = Math.max(0, sender.next - 1 - (k % 3));
    stage.deliver(sender, { ...stage.data(sender, number), sendTimeUs: stage.wallUs(), isRelative: false });
  },

  "restart-greater"(stage: Stage, sender: Sender, k: number): void {
    stage.restart(sender, Math.max(0, ...sender.epochs.map(Number)) + 1 + (k % 3), k % 3);
    network.send(stage, sender, k);
  },

  "restart-smaller"(stage: Stage, sender: Sender, k: number): void {
    stage.restart(sender, Math.max(0, Number(sender.epoch) - 1 - (k % 3)), k % 3);
    network.send(stage, sender, k);
  },

  "restart-known"(stage: Stage, sender: Sender, k: number): void {
    const epoch = sender.epochs[k % sender.epochs.length]!;
    sender.epoch = epoch;
    const known = sender.sent.findLast((datagram) => datagram.epoch === epoch && datagram.kind === "data");
    sender.next = Math.max(0, (known?.sequence ?? -1) + 1 - (k % 4));
    network.send(stage, sender, k);
  },

  "restart-far"(stage: Stage, sender: Sender, k: number): void {
    stage.restart(sender, 100 + k, 1020 + (k % 10));
    network.send(stage, sender, 0);
  },

  /** a new epoch whose first numbers are overtaken */
  "late-start"(stage: Stage, sender: Sender, k: number): void {
    stage.restart(sender, 200 + k, 2000);
    network.delay(stage, sender, 2 + (k % 2 === 0 ? 0 : 1));
    network.send(stage, sender, 0);
    network.release(stage, sender, k);
  },

  "step-clock"(_stage: Stage, sender: Sender, k: number): void {
    if (sender.clock === "stepping") sender.clockOffsetUs += (k - 128) * 1_000_000;
  },

  /** a send time no clock can mean */
  "mad-clock"(stage: Stage, sender: Sender, k: number): void {
    const datagram = stage.data(sender, sender.next++);
    const early = sender.clock === "relative" ? -1 - k : 1 + k;
    const late = stage.wallUs() + (sender.clock === "relative" ? 0 : 86_400_000_001);
    stage.deliver(sender, { ...datagram, sendTimeUs: k % 2 === 0 ? early : late });
  },
};
