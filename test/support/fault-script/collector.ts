import { network } from "./network.ts";
import type { Sender } from "./sender.ts";
import type { Stage } from "./stage.ts";

/** The collector commits, stops, dies and starts again. */
export const collector = {
  "listener-break"(stage: Stage): void {
    stage.events.push({ event: "listener-break" });
  },

  "collector-restart"(stage: Stage, sender: Sender, k: number): void {
    const ms = [10, 1000, 12_000, 100_000][k % 4]!;
    sender.next += k % 7;
    stage.elapsedMs += ms;
    stage.events.push({ event: "collector-restart", ms });
  },

  "collector-crash"(stage: Stage, sender: Sender, k: number): void {
    const ms = [10, 1000, 12_000, 100_000][k % 4]!;
    sender.next += k % 3;
    stage.elapsedMs += ms;
    stage.events.push({ event: "collector-crash", ms });
  },

  /** gaps around the end of what a start explains */
  "after-start"(stage: Stage, sender: Sender, k: number): void {
    collector["collector-restart"](stage, sender, k);
    stage.pass(1000);
    network.lose(stage, sender, k);
    stage.pass([249, 250, 251][k % 3]!);
    network.lose(stage, sender, k);
  },

  /** a new epoch of which two numbers came before the collector stopped, not one after the other */
  "half-known"(stage: Stage, sender: Sender, k: number): void {
    stage.restart(sender, 600 + k, 0);
    network.send(stage, sender, 0);
    network.lose(stage, sender, k);
    collector["collector-restart"](stage, sender, 0);
    network.send(stage, sender, k);
  },

  commit(stage: Stage): void {
    stage.events.push({ event: "commit" });
  },
};
