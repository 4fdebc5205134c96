import { setFlagsFromString } from "node:v8";

/**
 * Keep the main thread's young generation as small as it is now. V8 doubles it, up to 64 MiB and more, whenever much survives, as it does
 * while many messages come in, and hardly gives it back; its size can be limited for worker threads only.
 *
 * The flag is the process's: threads started later begin with `startMib` and stay there too.
 */
export const freezeYoungGeneration = (startMib: number): void => {
  setFlagsFromString(`--min-semi-space-size=${startMib}`);
  setFlagsFromString("--semi-space-growth-factor=1");
};
