import { openReadOnly } from "../../db/read-only.ts";
import { type ExportSource, withDamaged } from "./source.ts";

const READINGS_PER_PAGE = 10_000;

/**
 * The devices of a database file as they were at one instant; nothing is written or locked, a collector may go on.
 * @throws LacunaError as `openReadOnly`
 */
export const databaseExportSource = (file: string): ExportSource => {
  const { view, reader, lost, close } = openReadOnly(file);
  return {
    lost,
    devices: async () => [...view.deviceIds()],
    channelNames: async (device) => (view.device(device) === undefined ? null : reader.channelNames(device)),
    async *readings(device, query) {
      if (view.device(device) === undefined) return;
      let after = null;
      do {
        const { readings, completeness, damaged, next } = await reader.readings({
          device,
          ...query,
          damage: "tell",
          order: "asc",
          limit: READINGS_PER_PAGE,
          after,
        });
        yield { rows: readings, completeness: withDamaged(completeness), ...(damaged && { damaged }) };
        after = next;
      } while (after !== null);
    },
    close,
  };
};
