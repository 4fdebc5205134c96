import { expect, test } from "vitest";
import { KernelDrops } from "../../../collector/listener/kernel-drops.ts";
import { QueuePeak } from "../../../collector/listener/queue-peak.ts";

test("the fullest is remembered with the time it came in", () => {
  const peak = new QueuePeak();
  peak.note(0, 50);
  peak.note(900, 11);
  peak.note(400, 80);
  peak.note(900, 5);
  expect(peak).toMatchObject({ bytes: 900, heldMs: 11 });
});

test("every look at the sockets may find a new peak", () => {
  const native = { readMemory: () => true, queuedBytes: 100, kernelDrops: 0 };
  const drops = new KernelDrops({ sockets: () => null, ownInodes: () => new Set() });
  const watched = drops.watch({ family: 4, address: "127.0.0.1", port: 4747, known: new Set(), native })!;
  drops.refresh(3);
  native.queuedBytes = 4000;
  drops.refresh(11);
  native.queuedBytes = 0;
  drops.refresh(1);
  expect(watched.peak).toMatchObject({ bytes: 4000, heldMs: 11 });
});
