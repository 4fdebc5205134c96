import type { Sender } from "./sender.ts";
import type { Stage } from "./stage.ts";

/** Time passes, with ticks or without. */
export const time = {
  "pause-instant"(stage: Stage, _sender: Sender, k: number): void {
    stage.pass(k % 2 === 0 ? 1 : 0);
  },

  "pause-short"(stage: Stage, _sender: Sender, k: number): void {
    stage.pass(k % 100);
  },

  /** around the end of a window */
  "pause-window"(stage: Stage, _sender: Sender, k: number): void {
    stage.pass([249, 250, 251, 300][k % 4]!);
    if (k % 3 !== 0) time.tick(stage);
  },

  "pause-hold"(stage: Stage, _sender: Sender, k: number): void {
    stage.pass([4999, 5000, 5001, 7000][k % 4]!);
    if (k % 2 === 0) time.tick(stage);
  },

  "pause-silence"(stage: Stage, _sender: Sender, k: number): void {
    stage.pass([9999, 10_000, 10_001, 12_000][k % 4]!);
    if (k % 2 === 0) time.tick(stage);
  },

  "pause-minute"(stage: Stage, _sender: Sender, k: number): void {
    stage.pass([59_999, 60_000, 60_001, 90_000][k % 4]!);
  },

  "pause-long"(stage: Stage, _sender: Sender, k: number): void {
    stage.pass(600_000 + k * 1000);
  },

  tick(stage: Stage): void {
    stage.events.push({ event: "tick", lagMs: 0, maxClosures: 10_000 });
  },

  "tick-lagging"(stage: Stage, _sender: Sender, k: number): void {
    stage.events.push({ event: "tick", lagMs: k * 2, maxClosures: 1 + (k % 5) });
  },

  "wall-step"(stage: Stage, _sender: Sender, k: number): void {
    stage.events.push({ event: "wall-step", us: (k - 128) * 100_000 });
  },
};
