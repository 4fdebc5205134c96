import { expect, test } from "vitest";
import { RunNames } from "../../../api/live/run-names.ts";
import type { LiveRun } from "../../../api/sources.ts";

const runOf = (device: string, deviceNumber = 1): LiveRun => ({
  ...{ device, deviceNumber, epoch: 1, index: 0, isUnsequenced: false },
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

test("what is known is asked for no more until its device changes, beyond very many runs not until then", async () => {
  const asked: number[][] = [];
  const names = new RunNames(async (runs) => {
    asked.push([...runs]);
    return runs.map((run) => runOf(`device ${run}`, run % 3));
  });
  await names.learn([1, 2, 3, 4]);
  await names.learn([1, 2, 3, 4]);
  names.forget([1, 7]);
  expect([1, 2, 3, 4].map((run) => names.of(run) !== undefined)).toEqual([false, true, true, false]);
  await names.learn([1, 2, 3, 4]);
  expect(asked.splice(0)).toEqual([
    [1, 2, 3, 4],
    [1, 4],
  ]);
  const [most, few] = [300_000, [1, 2, 3, 4]];
  await names.learn(Array.from({ length: most }, (_, index) => index + 1));
  expect([asked.length, Math.max(...asked.map(({ length }) => length))]).toEqual([300, 1000]);
  await names.learn([most + 1]);
  await names.learn(few);
  expect(asked.slice(300)).toEqual([[most + 1], few]);
});
