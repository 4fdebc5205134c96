import { getHeapStatistics } from "node:v8";
import { afterEach, expect, test, vi } from "vitest";
import { type HeapTrim, startHeapTrim } from "../../common/heap-trim.ts";

let trim: HeapTrim | undefined;

afterEach(() => trim?.stop());

const heapBytes = (): number => getHeapStatistics().total_heap_size;

/** Grow the heap by about 60 MiB, nothing of which stays in use. */
const makeGarbage = (): number => {
  const objects: object[] = [];
  for (let index = 0; index < 1_000_000; index++) objects.push({ index, name: `name ${index}` });
  return objects.length;
};

test("memory that is no longer in use is given back while the thread goes on", async () => {
  trim = startHeapTrim({ slackBytes: 2 ** 20, intervalMs: 5 });
  makeGarbage();
  const grown = heapBytes();
  await vi.waitFor(() => expect(heapBytes()).toBeLessThan(grown - 20 * 2 ** 20), { timeout: 10_000 });
});
