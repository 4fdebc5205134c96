import { expect, test } from "vitest";
import { openForReading } from "../../../db/file/open.ts";
import { LiveSegments } from "../../../db/query/live-segments.ts";
import { IngestModel, type ModelRun } from "../../support/ingest-model.ts";
import { mergeOnce } from "../../support/merge-once.ts";
import { seededRandom } from "../../support/seeded-random.ts";
import { StoreBed } from "../../support/store-bed.ts";

const MERGED = 8;
/** of which all but the newest may be merged */
const POLICY = { keptUs: 0, keptBytes: 0, flushesAtOnce: MERGED, chunkReadings: 4 };

/** Flushes, the first eight of them merged. @param receive - what each brings */
const history = (bed: StoreBed, flushes: number, receive: (model: IngestModel, flush: number) => void) => {
  const writer = bed.closing(bed.writer({ checkpointLagMs: 0, mergePolicy: POLICY }));
  const model = new IngestModel();
  for (let flush = 1; flush <= flushes; flush++) {
    receive(model, flush);
    writer.accept(model.seal());
    writer.flush();
    expect(writer.flushNumber).toBe(flush);
  }
  expect(mergeOnce(writer, bed.file, POLICY.chunkReadings)).toBe(true);
  while (writer.flush().outcome !== "idle");
  const db = openForReading(bed.file);
  expect(db.prepare("SELECT first_segment, segment FROM merged_segments").raw().all()).toEqual([[1, MERGED]]);
  db.close();
  return bed.closing(new LiveSegments(bed.file, writer.flushNumber));
};

test("the greatest number each run brought before a flush is found in flushes and in merged segments", () => {
  for (let seed = 0; seed < 20; seed++) {
    using bed = new StoreBed();
    const random = seededRandom(seed);
    const runs: ModelRun[] = [];
    /** greatest by run, as of before each flush */
    const before: Map<number, number>[] = [];
    const greatest = new Map<number, number>();
    const segments = history(bed, MERGED + 6, (model, flush) => {
      if (flush === 1)
        for (const epoch of [1, 2, 3, 4, 5]) runs.push(model.run(model.device(`d${epoch}`), epoch));
      before[flush] = new Map(greatest);
      // a flush without datagrams is not merged
      model.receive(runs[4]!, flush);
      greatest.set(runs[4]!.run, flush);
      for (const run of runs.slice(0, 4)) {
        // one is heard in the first flushes only
        if (random() < 0.5 || (run === runs[3] && flush > 3)) continue;
        const sequence =
          Math.floor(random() * 60) + (run.received.size === 0 ? 0 : Math.min(...run.received));
        if (run.received.has(sequence)) continue;
        model.receive(run, sequence);
        greatest.set(run.run, Math.max(sequence, greatest.get(run.run) ?? -1));
      }
    });
    const numbers = runs.map(({ run }) => run);
    for (let flush = 1; flush <= MERGED + 6; flush++) {
      // what was merged with later flushes cannot be told from these
      const expected = flush <= MERGED ? new Map() : before[flush];
      expect(segments.greatestBefore(numbers, flush), `seed ${seed}, flush ${flush}`).toEqual(expected);
    }
    const [one] = numbers;
    expect([...segments.greatestBefore([one!, 999], MERGED + 6).keys()]).toEqual(
      before[MERGED + 6]!.has(one!) ? [one] : [],
    );
  }
});

test("of more runs than are looked for in reasonable time some are found, and no number is made up", () => {
  using bed = new StoreBed();
  const runs: ModelRun[] = [];
  const segments = history(bed, MERGED + 1, (model, flush) => {
    if (flush > MERGED) return model.event(null, "restart");
    if (flush === 1) {
      const device = model.device("pump");
      for (let epoch = 0; epoch < 400; epoch++) runs.push(model.run(device, epoch));
    }
    for (const run of runs) model.receive(run, 1000 * run.epoch! + flush);
  });
  const numbers = runs.map(({ run }) => run);
  const found = segments.greatestBefore(numbers, MERGED + 1);
  // 2 MiB of pages of 8 KiB, and one more
  const expected = runs
    .slice(0, 257)
    .map(({ run, epoch }): [number, number] => [run, 1000 * epoch! + MERGED]);
  expect(found).toEqual(new Map(expected));
});
