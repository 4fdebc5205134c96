import { describe, expect, test } from "vitest";
import { adviceOf, bufferAdvice, poolAdvice, timeAdvice, windowAdvice } from "../../api/advice.ts";
import { bucketOf, HISTOGRAM_BUCKETS } from "../../common/log-histogram.ts";
import { listenerCounters, listenerOf } from "../support/fake-sources.ts";

const delaysOf = (...groups: [count: number, delayMs: number][]): number[] => {
  const delays = new Array<number>(HISTOGRAM_BUCKETS).fill(0);
  for (const [count, delayMs] of groups) delays[bucketOf(delayMs * 1000)]! += count;
  return delays;
};

describe("the reorder window", () => {
  test("that is much longer than needed may be shorter, with as much again to spare", () => {
    const [advice] = windowAdvice({ windowMs: 250, delays: delaysOf([99_950, 16.5], [50, 200]) });
    expect(advice).toEqual({
      code: "reorder-window",
      text: "a reorder window of 18 ms would have been enough for 99.9 % of reordering (100000 numbers); it is 250 ms",
      setting: 'window = "36ms"',
      listener: null,
    });
  });

  test("that is a little longer than needed is well as it is", () => {
    const [advice] = windowAdvice({ windowMs: 50, delays: delaysOf([20_000, 16.5]) });
    expect(advice!.setting).toBeNull();
  });

  test("that is too short shall be longer", () => {
    const [advice] = windowAdvice({ windowMs: 10, delays: delaysOf([20_000, 16.5]) });
    expect(advice!.text).toContain("a reorder window of 18 ms is needed for 99.9 % of reordering");
    expect(advice!.setting).toBe('window = "36ms"');
  });

  test("of few numbers out of order is told of 99 %, of very few not at all", () => {
    expect(windowAdvice({ windowMs: 250, delays: delaysOf([2000, 16.5]) })[0]!.text).toContain("for 99 % of");
    expect(windowAdvice({ windowMs: 250, delays: delaysOf([999, 16.5]) })).toEqual([]);
  });

  test("is not meant for what a device sends again long after", () => {
    expect(windowAdvice({ windowMs: 250, delays: delaysOf([20_000, 3_600_000]) })).toEqual([]);
  });
});

describe("the receive buffer", () => {
  const buffer = { receiveBufferGrantedBytes: 1 << 20, receiveBufferCeilingBytes: 8 << 20, kernelDrops: 0 };

  test("that was never near full is well as it is", () => {
    const listener = listenerOf({ ...buffer, receiveQueuePeakBytes: 1 << 17, receiveQueuePeakMs: 11 });
    expect(bufferAdvice(listener)).toEqual([
      {
        code: "receive-buffer",
        text: "the receive buffer held 11 ms at the peak seen, 12.5 % of its 1MiB",
        setting: null,
        listener: "udp://0.0.0.0:4747",
      },
    ]);
  });

  test("that was more than half full shall have room for four such peaks", () => {
    const listener = listenerOf({ ...buffer, receiveQueuePeakBytes: 700_000, receiveQueuePeakMs: 4.25 });
    expect(bufferAdvice(listener)[0]).toMatchObject({
      text: "the receive buffer held 4.3 ms at the peak seen, 66.8 % of its 1MiB",
      setting: "receiveBuffer=4MiB",
    });
  });

  test("that overflowed shall be twice as large, and the system's ceiling with it", () => {
    const [advice] = bufferAdvice(
      listenerOf({ ...buffer, receiveBufferGrantedBytes: 8 << 20, kernelDrops: 7 }),
    );
    expect(advice).toMatchObject({
      text: "the receive buffer of 8MiB was full: the kernel dropped 7 datagrams",
      setting: "receiveBuffer=16MiB and sysctl -w net.core.rmem_max=16777216",
    });
  });

  test("in which next to nothing was ever found is not spoken of", () => {
    const listener = listenerOf({ ...buffer, receiveQueuePeakBytes: 5000, receiveQueuePeakMs: 1 });
    expect(bufferAdvice(listener)).toEqual([]);
  });

  test("of which the system tells nothing is not spoken of", () => {
    const silent = { kernelDrops: null, receiveQueuePeakBytes: 0, receiveQueuePeakMs: 0 };
    expect(bufferAdvice(listenerOf({ ...buffer, ...silent }))).toEqual([]);
    expect(bufferAdvice(listenerOf({ ...silent, receiveBufferGrantedBytes: null }))).toEqual([]);
  });
});

test("shed datagrams ask for more batches, up to the most there may be", () => {
  const queue = (capacity: number, refused: number) => ({
    queues: [{ name: "batches", length: 0, capacity, refused }],
  });
  expect(poolAdvice(queue(48, 0))).toEqual([]);
  expect(poolAdvice(queue(48, 12))[0]).toMatchObject({
    code: "batch-pool",
    text: "12 datagrams were shed because all 48 batches were under way to the database",
    setting: "poolBatches = 96",
  });
  expect(poolAdvice(queue(1024, 12))[0]!.setting).toBeNull();
});

test("send times that cannot be are told of from 1 % on", () => {
  const listener = (unusableSendTimes: number) =>
    listenerOf({ counters: listenerCounters({ datagrams: 10_000, unusableSendTimes }) });
  expect(timeAdvice(listener(99))).toEqual([]);
  expect(timeAdvice(listener(250))[0]!.text).toMatch(/^2\.5 % of datagrams had a send time/);
  expect(timeAdvice(listenerOf())).toEqual([]);
});

test("without evidence there is no advice", () => {
  const status = {
    listeners: [],
    paths: [],
    threads: [],
    queues: [],
    reordering: { windowMs: 250, delays: [] },
  };
  expect(adviceOf(status)).toEqual([]);
});
