import { expect, test } from "vitest";
import { ReaderThread } from "../../../db/readers/reader-thread.ts";
import { allowThreads } from "../../support/refused-threads.ts";
import { StoreBed } from "../../support/store-bed.ts";

const QUERY = {
  kind: "received",
  request: { device: "pump-7", epoch: null, limit: 1, after: null },
} as const;
const LIMITS = { readings: 1, timeMs: 60_000 };

test("a query whose thread the system does not allow fails, and the next one tries again", async () => {
  using bed = new StoreBed();
  bed.closing(bed.writer());
  const thread = new ReaderThread({ file: bed.file, textsUrl: null });
  const run = (): Promise<unknown> => thread.run({ query: QUERY, limits: LIMITS });
  {
    using _ = allowThreads(0);
    await expect(run()).rejects.toMatchObject({
      code: "ERR_READER",
      message: expect.stringContaining("EAGAIN"),
    });
  }
  expect(await run()).toMatchObject({ epochs: [] });
  await thread.close();
});
