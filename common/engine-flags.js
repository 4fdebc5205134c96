// Plain JavaScript: it runs before the cache of compiled code is there (cli/lacuna.js).
import { setFlagsFromString } from "node:v8";

/**
 * Flags of V8 for a process that collects. Threads started later have them too. Compiled code is kept for the flags it was compiled under
 * (cli/warm-up.js).
 *
 * Heaps are kept near what is alive in them. V8 doubles a young generation, up to 64 MiB and more, whenever much survives, as it does while modules are loaded
 * and while many messages come in, and lets an old one grow to several times what is alive before it is collected; neither is given back soon.
 * From now on a young generation stays as it is (only a worker thread's could be limited otherwise; those started later begin with 2 MiB), and
 * an old one is collected when it has grown by 40 %.
 *
 * A datagram goes through some thirty small functions. V8 stops inlining when a function has taken in 920 bytes of bytecode; with twice as
 * much most of them are one, which takes a fifth of the ingest thread's work away. Beyond that compiling costs more than it brings.
 */
export const setEngineFlags = () => {
  setFlagsFromString("--min-semi-space-size=1");
  setFlagsFromString("--semi-space-growth-factor=1");
  setFlagsFromString("--heap-growing-percent=40");
  setFlagsFromString("--max-inlined-bytecode-size-cumulative=2000");
};
