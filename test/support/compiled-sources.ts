import { fileURLToPath } from "node:url";

/**
 * Threads that a test starts itself load the sources from what the installation has compiled (cli/warm-up.js), as those of a collector do.
 * Otherwise Node strips the types in each of them by WebAssembly, and V8 crashes now and then where several threads do that at once: a file of
 * tests ended by SIGSEGV in one run of some twenty, always where collectors are started in the test's own process.
 */
process.env.NODE_COMPILE_CACHE ??= fileURLToPath(
  new URL("../../node_modules/.cache/lacuna", import.meta.url),
);
