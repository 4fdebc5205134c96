import { expect, test } from "vitest";
import { RunNames } from "../../../api/live/run-names.ts";
import type { LiveRun } from "../../../api/sources.ts";

const runOf = (device: string): LiveRun => ({
  ...{ device, deviceNumber: 1, epoch: 1, index: 0, isUnsequenced: false },
  names: new Map(),
});

test("what is not answered at once is asked for again", async () => {
  const asked: (readonly number[])[] = [];
  const names = new RunNames(async (runs) => {
    asked.push(runs);
    return runs.slice(0, 2).map((run) => (run === 3 ? null : runOf(`device ${run}`)));
  });
  await names.learn([1, 2, 3, 4, 5]);
  expect([1, 2, 3, 4, 5].map((run) => names.of(run)?.device)).toEqual([
    "device 1",
    "device 2",
    undefined,
    "device 4",
    "device 5",
  ]);
  expect(asked).toEqual([[1, 2, 3, 4, 5], [3, 4, 5], [5]]);
});
