import * as texts from "../../api/answers/answer-texts.ts";
import type { SeriesQuery } from "../../db/query/query-types.ts";
import { openReadOnly } from "../../db/read-only.ts";
import type { Reader } from "../../db/readers/reader.ts";
import { ROW_FLAG } from "../../protocol/ledger-row.ts";
import { IngestModel, type ModelReading } from "./ingest-model.ts";
import type { StoreBed } from "./store-bed.ts";

interface Bucket {
  start: string;
  count: number;
  received: number | null;
  recovered: number | null;
  late: number | null;
  expected: number | null;
  mean: number | null;
  min: number | null;
  max: number | null;
  last: number | null;
  nonFinite: number;
}
/** What `/series` answers, without the names of what was asked. */
export interface SeriesJson {
  from: string | null;
  to: string | null;
  stepSeconds: number;
  buckets: Bucket[];
  gaps: {
    epoch: number;
    run: number;
    first: number;
    last: number;
    from: string;
    to: string;
    state: string;
  }[];
  gapsLeftOut: number;
  starts: { at: string; epoch: number | null; run: number }[];
  startsLeftOut: number;
  unit: string;
}

/** All of the only channel of a pump, in ten buckets. */
export const QUERY: SeriesQuery = {
  device: "pump",
  channel: "ch1",
  fromUs: null,
  toUs: null,
  nowUs: 4000,
  division: { points: 10 },
};

/** A reader of what the bed has on its disk, closed afterwards. */
export const withReader = async <T>(bed: StoreBed, ask: (reader: Reader) => Promise<T>): Promise<T> => {
  const store = openReadOnly(bed.file, { texts });
  try {
    return await ask(store.reader);
  } finally {
    store.close();
  }
};

export const seriesOf = async (reader: Reader, query: Partial<SeriesQuery>): Promise<SeriesJson> => {
  const series = (await reader.seriesText({ ...QUERY, ...query }, "rfc3339"))!;
  return { ...JSON.parse(`{${Buffer.from(series.text)}}`), unit: series.unit };
};

/** A device with one run, its writer, and what a reader answers of it after a flush. */
export const startPump = (bed: StoreBed) => {
  const model = new IngestModel();
  const device = model.device("pump");
  const run = model.run(device, 1, 0, ROW_FLAG.CURRENT);
  const writer = bed.closing(bed.writer());
  const flush = (): void => {
    writer.accept(model.seal());
    writer.flush();
  };
  const ask = (query: Partial<SeriesQuery> = {}) => withReader(bed, (reader) => seriesOf(reader, query));
  return { model, device, run, flush, ask };
};

/** One reading, of channel 1. */
export const value = (number: number, timeUs: number): ModelReading[] => [
  { channel: 1, value: number, timeUs },
];
