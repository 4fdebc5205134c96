import { expect, test, vi } from "vitest";
import { systemClock } from "../../common/clock.ts";
import { lockDatabase } from "../../db/lock.ts";
import { openStore } from "../../db/store.ts";
import { StoreBed } from "../support/store-bed.ts";

vi.mock("../../db/load.ts", () => ({
  loadLedger: () => {
    throw new Error("this thread cannot read it");
  },
}));

test("a store that the main thread cannot read leaves no thread behind that owns the database", async () => {
  using bed = new StoreBed();
  await expect(openStore({ file: bed.file, clock: systemClock })).rejects.toThrow("cannot read it");
  lockDatabase(bed.file, 0).release();
});
