import { getHeapStatistics, setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";

const DEFAULTS = { slackBytes: 24 * 2 ** 20, intervalMs: 2000 };

export interface HeapTrimOptions {
  /** the heap may be that much larger than it was after the last collection, bytes; default 24 MiB */
  slackBytes?: number;
  /** how often it is looked at, milliseconds; default 2000 */
  intervalMs?: number;
}

export interface HeapTrim {
  stop(): void;
}

/** V8's `gc`, as `--expose-gc` brings it. */
type Collect = (options: { type: "major"; execution: "async"; flavor: "last-resort" }) => Promise<void>;

/**
 * Keep this thread's heap near what is alive in it, until stopped; does not keep the process alive. V8 lets a heap through which many messages pass
 * grow for as long as they come and hardly gives memory back: with 40 MiB alive the main thread stays at 210 MiB after a flood of new
 * devices, 128 of them an empty young generation, whose size can be limited for worker threads only.
 *
 * Only V8's last-resort collection returns the pages to the system. It stops the thread for about 160 ms with 40 MiB alive, longer
 * where the processors are busy; so it is not for a thread that receives datagrams, and only done when the heap has grown.
 */
export const startHeapTrim = (options: HeapTrimOptions = {}): HeapTrim => {
  const { slackBytes, intervalMs } = { ...DEFAULTS, ...options };
  let trimmedBytes = getHeapStatistics().total_heap_size;
  let isCollecting = false;
  const look = async (): Promise<void> => {
    if (isCollecting || getHeapStatistics().total_heap_size <= trimmedBytes + slackBytes) return;
    isCollecting = true;
    await exposedCollect()({ type: "major", execution: "async", flavor: "last-resort" });
    isCollecting = false;
    trimmedBytes = getHeapStatistics().total_heap_size;
  };
  const timer = setInterval(() => void look(), intervalMs);
  timer.unref();
  return { stop: () => clearInterval(timer) };
};

/** The function without starting the process with a flag: contexts made after the flag was set have it. */
const exposedCollect = (): Collect => {
  setFlagsFromString("--expose-gc");
  return runInNewContext("gc") as Collect;
};
