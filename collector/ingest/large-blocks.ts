/** of mallopt(3) */
const M_MMAP_THRESHOLD = -3;
/** above what libuv allocates for each datagram it reads, 64 KiB, which would be mapped and given back 100,000 times a second by node:dgram */
const LARGE_BYTES = 68 * 1024;

/** The C library's memory; not available without the optional koffi, or with another library than glibc. */
interface Allocator {
  mallopt(option: number, value: number): number;
  malloc_trim: { async(keptBytes: number, done: (error: unknown) => void): void };
}

const allocator = async (): Promise<Allocator | null> => {
  try {
    const { default: koffi } = await import("koffi");
    const library = koffi.load(null);
    return {
      mallopt: library.func("int mallopt(int option, int value)"),
      malloc_trim: library.func("int malloc_trim(size_t kept)"),
    } as Allocator;
  } catch {
    return null;
  }
};

/**
 * Have each block of 68 KiB and more mapped by itself, so that its memory goes back to the system when it is freed. glibc begins so and gives
 * it up by itself: after the first large block is freed, blocks of up to 32 MiB come from heaps shared with small ones, of which every
 * thread has one. Under a flood of new devices the messages between the threads leave 40 MiB of holes in them.
 * @returns false where it cannot be told
 */
export const mapLargeBlocks = async (): Promise<boolean> =>
  (await allocator())?.mallopt(M_MMAP_THRESHOLD, LARGE_BYTES) === 1;

/**
 * What gives the holes that small blocks leave in the heaps of all threads back to the system, on a thread of its own: under a flood of new
 * devices another 30 MiB. Holds each heap for about a millisecond.
 * @returns null where it cannot be told
 */
export const heapTrimmer = async (): Promise<(() => void) | null> => {
  const library = await allocator();
  if (library === null) return null;
  return () => library.malloc_trim.async(0, () => {});
};
