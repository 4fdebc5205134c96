import { expect, test, vi } from "vitest";
import { COLLECT_OPTIONS } from "../../../cli/options/options.ts";
import { startService } from "../../../cli/service/service.ts";
import { startCollector } from "../../../collector/collector.ts";
import { loadSettings } from "../../../common/config.ts";
import { createLogger } from "../../../common/logger.ts";
import { lockDatabase } from "../../../db/file/lock.ts";
import { StoreBed } from "../../support/store-bed.ts";

vi.mock("../../../cli/service/host-facts.ts", () => ({
  hostFacts: () => {
    throw new Error("too many open files");
  },
}));
vi.mock("../../../collector/collector.ts", () => ({ startCollector: vi.fn() }));

test("a host that cannot be looked at ends the start before there is a collector, which nobody would stop", async () => {
  using bed = new StoreBed();
  const settings = loadSettings(COLLECT_OPTIONS, { config: "none", db: bed.file, http: "127.0.0.1:0" });
  await expect(startService(settings, { logger: createLogger("fatal"), version: "0" })).rejects.toThrow(
    "too many open files",
  );
  expect(startCollector).not.toHaveBeenCalled();
  lockDatabase(bed.file, 0).release();
});
