/** of mallopt(3) */
const M_MMAP_THRESHOLD = -3;
const LARGE_BYTES = 256 * 1024;

/**
 * Have each block of 256 KiB and more mapped by itself, so that its memory goes back to the system when it is freed. glibc begins so and gives
 * it up by itself: after the first large block is freed, blocks of up to 32 MiB come from heaps shared with small ones, of which every
 * thread has one. Under a flood of new devices the messages between the threads leave 40 MiB of holes in them.
 * @returns false where it cannot be told: without the optional koffi, or with another C library
 */
export const mapLargeBlocks = async (): Promise<boolean> => {
  try {
    const { default: koffi } = await import("koffi");
    const mallopt = koffi.load(null).func("int mallopt(int option, int value)");
    return mallopt(M_MMAP_THRESHOLD, LARGE_BYTES) === 1;
  } catch {
    return false;
  }
};
