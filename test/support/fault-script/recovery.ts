import type { Sender } from "./sender.ts";
import type { Stage } from "./stage.ts";

/** What was asked for, and the answers. */
export const recovery = {
  ask(stage: Stage, sender: Sender): void {
    stage.events.push({ event: "ask", device: sender.id, port: sender.port });
  },

  /** some of what was sent comes again, or for the first time */
  answer(stage: Stage, sender: Sender, k: number): void {
    const numbered = sender.sent.filter(({ kind }) => kind === "data").slice(-40);
    for (const datagram of numbered.filter((_, at) => (at + k) % 3 === 0))
      stage.events.push({ event: "datagram", datagram, port: sender.port });
    for (const datagram of sender.stash.splice(0, 1 + (k % 8)))
      stage.events.push({ event: "datagram", datagram, port: sender.port });
  },

  /** a loss is asked for, and some of it, and of its surroundings, is said to be gone */
  "answer-gone"(stage: Stage, sender: Sender, k: number): void {
    sender.next += 1 + (k % 5);
    stage.deliver(sender, stage.data(sender, sender.next++));
    stage.pass(260);
    stage.events.push({ event: "tick", lagMs: 0, maxClosures: Number.POSITIVE_INFINITY });
    recovery.ask(stage, sender);
    sayGone(stage, sender, k);
  },
};

function sayGone(stage: Stage, sender: Sender, k: number): void {
  const first = Math.max(0, sender.next - 1 - (k % 12));
  const gone: [number, number][] = [
    [first, first + (k % 5)],
    // apart, touching or overlapping
    [first + (k % 9), first + 8 + (k % 9)],
  ];
  if (k % 2 === 1) gone.reverse();
  const port = k % 7 === 0 ? sender.port + 1 : sender.port;
  const datagram = { ...stage.control(sender, "gone", sender.next), gone };
  stage.events.push({ event: "datagram", datagram, port });
}
