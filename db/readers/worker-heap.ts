import type { ResourceLimits } from "node:worker_threads";

/**
 * Heap limits of the database's threads. They work through large flushes and results: with V8's default young generation (48 MiB and more
 * for each thread) most of what is resident after a flood of new devices would be garbage waiting there. What they work on is in buffers.
 */
export const DATABASE_WORKER_HEAP: ResourceLimits = { maxYoungGenerationSizeMb: 4 };
