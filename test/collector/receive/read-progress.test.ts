import fc from "fast-check";
import { expect, test } from "vitest";
import { BATCH_DATAGRAMS } from "../../../collector/receive/native-socket.ts";
import { ReadProgress } from "../../../collector/receive/read-progress.ts";

/** the kernel charges at least 256 for each */
const ROOM = 1000;

test("what is said to be read has been, whatever comes and however it is read", () => {
  const step = fc.record({ arriving: fc.integer({ min: 0, max: 300 }), elapsedMs: fc.nat(10) });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 200, size: "max" }), (steps) => {
      const progress = new ReadProgress(ROOM * 256, 0);
      const waiting: number[] = [];
      let nowMs = 0;
      for (const { arriving, elapsedMs } of steps) {
        for (let left = Math.min(arriving, ROOM - waiting.length); left > 0; left--) waiting.push(nowMs);
        nowMs += elapsedMs;
        progress.read(nowMs, waiting.splice(0, BATCH_DATAGRAMS).length);
        if (waiting.length > 0) expect(progress.untilMs).toBeLessThanOrEqual(waiting[0]!);
      }
    }),
    { numRuns: 200 },
  );
});

test("a socket that is never read empty is known to be read as far as its buffer reaches", () => {
  const progress = new ReadProgress(ROOM * 256, 0);
  for (let nowMs = 1; nowMs <= 1000; nowMs++) {
    progress.read(nowMs, BATCH_DATAGRAMS);
    // 9 reads are 1128 datagrams, and a mark is as old as another 9
    if (nowMs > 18) expect(nowMs - progress.untilMs).toBeLessThanOrEqual(18);
  }
});

test("a read that is not full leaves the socket empty", () => {
  const progress = new ReadProgress(ROOM * 256, 0);
  progress.read(5, BATCH_DATAGRAMS);
  expect(progress.untilMs).toBe(0);
  progress.read(6, BATCH_DATAGRAMS - 1);
  expect(progress.untilMs).toBe(6);
});
