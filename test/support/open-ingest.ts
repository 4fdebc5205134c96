import { BatchPool } from "../../collector/batch/batch-pool.ts";
import { Ingest } from "../../collector/ingest/ingest.ts";
import { NOTHING_RESTORED } from "../../collector/ingest/nothing-restored.ts";
import { DEFAULT_TRACKER_SETTINGS } from "../../collector/ingest/tracker-settings.ts";
import type { BatchMessage } from "../../protocol/batch.ts";

/** The pipeline on an empty database, without socket and writer: each batch comes back at once. A bug throws. */
export const openIngest = (startUs: number): Ingest => {
  const ingest: Ingest = new Ingest({
    formats: ["auto"],
    tracker: DEFAULT_TRACKER_SETTINGS,
    pool: new BatchPool(),
    restored: NOTHING_RESTORED,
    batchMs: 100,
    send: ({ buffer, number }: BatchMessage) => ingest.takeBack({ buffer, committed: number }),
    onError: (_reason, error) => {
      throw error;
    },
  });
  ingest.restore();
  ingest.start(0, startUs);
  return ingest;
};
