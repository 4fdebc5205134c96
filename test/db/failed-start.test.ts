import { expect, test } from "vitest";
import { lockDatabase } from "../../db/file/lock.ts";
import { openStore } from "../../db/store.ts";
import { ManualClock } from "../support/manual-clock.ts";
import { StoreBed } from "../support/store-bed.ts";

/** Fails whoever asks it: the first in the main thread to do so begins to use the database that the writer's thread has opened. */
class BrokenClock extends ManualClock {
  override wallUs(): number {
    throw new Error("this thread cannot go on");
  }
}

test("a store that the main thread cannot use leaves no thread behind that owns the database", async () => {
  using bed = new StoreBed();
  await expect(openStore({ file: bed.file, clock: new BrokenClock() })).rejects.toThrow("cannot go on");
  lockDatabase(bed.file, 0).release();
});
