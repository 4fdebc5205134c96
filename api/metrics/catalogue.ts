import { REJECT_REASONS } from "../../protocol/reasons.ts";
import type { Sources } from "../sources.ts";

/** One value of a metric; `labels` name what it is of. */
export interface Sample {
  value: number | bigint;
  labels?: Readonly<Record<string, string>>;
}

/**
 * One metric of ours: name (Prometheus naming: base units, `_total` for what never falls), what it tells, and where its values come from.
 * The tables of these are the only place that names a metric; docs/metrics.md is made from them.
 */
export interface MetricSpec {
  name: `lacuna_${string}`;
  type: "counter" | "gauge";
  help: string;
  labels: readonly string[];
  read(sources: Sources): Iterable<Sample>;
}

/** Why a datagram can be rejected: every reason but "sound". */
export const REASONS: readonly string[] = REJECT_REASONS.slice(1);

const of = (value: number | bigint | null): Sample[] => (value === null ? [] : [{ value }]);

/** A metric with one value; none while it is null. */
export const single = (
  type: MetricSpec["type"],
  name: MetricSpec["name"],
  help: string,
  read: (sources: Sources) => number | bigint | null,
): MetricSpec => ({ name, type, help, labels: [], read: (sources) => of(read(sources)) });

/** The map with a 0 for every known key: a counter that appears with its first increment hides that increment from `rate()`. */
export const withZeros = (
  keys: readonly string[],
  counts: Readonly<Record<string, number>>,
): Record<string, number> => ({ ...Object.fromEntries(keys.map((key) => [key, 0])), ...counts });

/** A metric with a value per member of a map. */
export const byKey = (
  type: MetricSpec["type"],
  name: MetricSpec["name"],
  label: string,
  help: string,
  read: (sources: Sources) => Readonly<Record<string, number | bigint>>,
): MetricSpec => ({
  name,
  type,
  help,
  labels: [label],
  read: (sources) =>
    Object.entries(read(sources)).map(([key, value]) => ({ value, labels: { [label]: key } })),
});
