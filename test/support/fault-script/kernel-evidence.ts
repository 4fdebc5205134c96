import { network } from "./network.ts";
import type { Sender } from "./sender.ts";
import type { Stage } from "./stage.ts";
import { time } from "./time.ts";

/** The kernel's counters, and what cannot be decoded. */
export const evidence = {
  /** around the end of a window, the kernel is asked and says nothing new, or that it dropped plenty */
  "read-drops"(stage: Stage, _sender: Sender, k: number): void {
    const drops = k % 8 === 0 ? null : k % 8 === 1 ? 2 ** 40 : 0;
    stage.pass([0, 60, 300, 600][(k >> 3) % 4]!);
    stage.events.push({
      event: "kernel-drops",
      listener: k % 7 === 0 ? 1 : 0,
      drops,
      lagMs: k % 5 === 0 ? k : 0,
    });
    time.tick(stage);
  },

  /** numbers are lost while the kernel drops plenty, or fewer than any gap has, also all times together: what runs share depends on their order, which is not fixed */
  overflow(stage: Stage, sender: Sender, k: number): void {
    if (k % 3 === 0) stage.pass(11_000);
    network.send(stage, sender, 0);
    sender.next += 2 + (k % 9);
    stage.events.push({
      event: "kernel-drops",
      listener: 0,
      drops: k % 4 === 0 ? 2 ** -12 : 2 ** 40,
      lagMs: 0,
    });
    network.send(stage, sender, 0);
    stage.pass(250 + (k % 2));
    stage.events.push({ event: "kernel-drops", listener: 0, drops: 0, lagMs: 0 });
    time.tick(stage);
  },

  corrupt(stage: Stage, sender: Sender): void {
    stage.events.push({ event: "reject", port: sender.port });
  },
};
