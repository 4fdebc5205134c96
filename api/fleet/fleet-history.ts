import type { FleetView } from "../sources.ts";

/** The fleet's counters at one moment, as plain numbers; they only grow, but for `missing` and `lost`, which what comes late leaves. */
export interface FleetSample {
  timeUs: number;
  datagrams: number;
  rejected: number;
  shed: number;
  expected: number;
  received: number;
  reordered: number;
  recovered: number;
  late: number;
  missing: number;
  lost: number;
  duplicates: number;
  causes: Record<string, number>;
}

interface Level {
  stepSeconds: number;
  capacity: number;
  samples: FleetSample[];
}

/** ten minutes by the second, three hours by ten seconds, two days by two minutes */
const LEVELS = [
  { stepSeconds: 1, capacity: 600 },
  { stepSeconds: 10, capacity: 1080 },
  { stepSeconds: 120, capacity: 1440 },
];
export const MAX_HISTORY_SECONDS = 172_800;

const sampleOf = (timeUs: number, { counts, counters }: FleetView): FleetSample => ({
  timeUs,
  datagrams: Number(counters.datagrams),
  rejected: Object.values(counters.rejected).reduce((sum, count) => sum + Number(count), 0),
  shed: Number(counters.shed),
  expected: Number(counts.expected),
  received: Number(counts.received),
  reordered: Number(counts.reordered),
  recovered: Number(counts.recovered),
  late: Number(counts.late),
  missing: Number(counts.missing),
  lost: Number(counts.lost),
  duplicates: Number(counts.duplicates),
  causes: Object.fromEntries(Object.entries(counts.causes).map(([cause, count]) => [cause, Number(count)])),
});

/** The fleet's counters over time, in memory, since the start of the process: a trend for whoever looks now. */
export class FleetHistory {
  readonly #levels: Level[] = LEVELS.map((level) => ({ ...level, samples: [] }));

  /** Call about once a second. @param timeUs - wall clock, microseconds; samples it has gone back behind are let go */
  sample(timeUs: number, fleet: FleetView): void {
    const sample = sampleOf(timeUs, fleet);
    for (const { stepSeconds, capacity, samples } of this.#levels) {
      // dated by a clock that has been set back since: steps between samples would have a negative length
      while (samples.length > 0 && samples.at(-1)!.timeUs >= timeUs) samples.pop();
      const last = samples.at(-1);
      // a quarter of a step early is in time: timers are not exact
      if (last !== undefined && timeUs - last.timeUs < (stepSeconds - 0.25) * 1e6) continue;
      samples.push(sample);
      if (samples.length > capacity) samples.shift();
    }
  }

  /** Samples of the last `spanSeconds`, from the finest level that reaches so far. */
  read(nowUs: number, spanSeconds: number): { stepSeconds: number; samples: readonly FleetSample[] } {
    const level =
      this.#levels.find(({ stepSeconds, capacity }) => stepSeconds * capacity >= spanSeconds) ??
      this.#levels.at(-1)!;
    const fromUs = nowUs - spanSeconds * 1e6;
    return {
      stepSeconds: level.stepSeconds,
      samples: level.samples.filter(({ timeUs }) => timeUs >= fromUs),
    };
  }
}
