import type { PathStatus } from "../part-status.ts";
import type { Sources } from "../sources.ts";
import type { MetricSpec, Sample } from "./catalogue.ts";

/** The path of listeners without `path=`; no name can be this one. */
const UNNAMED = "(none)";

const perPath = (
  type: MetricSpec["type"],
  name: MetricSpec["name"],
  help: string,
  read: (path: PathStatus) => number,
): MetricSpec => ({
  name,
  type,
  help,
  labels: ["path"],
  *read(sources: Sources): Generator<Sample> {
    for (const each of sources.collectorStatus().paths)
      yield { value: read(each), labels: { path: each.path ?? UNNAMED } };
  },
});

const skew: MetricSpec = {
  name: "lacuna_path_skew_seconds",
  type: "gauge",
  help: "How much later than the first copy the path's redundant ones came: this share of them was not later.",
  labels: ["path", "share"],
  *read(sources) {
    for (const { path, skewMedianUs, skewP99Us } of sources.collectorStatus().paths) {
      const labels = { path: path ?? UNNAMED };
      if (skewMedianUs !== null) yield { value: skewMedianUs / 1e6, labels: { ...labels, share: "0.5" } };
      if (skewP99Us !== null) yield { value: skewP99Us / 1e6, labels: { ...labels, share: "0.99" } };
    }
  },
};

/** Per path, since the start of the process; none while all listeners are one path. */
export const PATH_METRICS: readonly MetricSpec[] = [
  perPath("gauge", "lacuna_path_up", "1 while the path brings what it should, 0 while it is dead.", (path) =>
    Number(path.state === "up"),
  ),
  perPath(
    "counter",
    "lacuna_path_expected_numbers_total",
    "Sequence numbers the path should have brought.",
    (path) => path.expected,
  ),
  perPath(
    "counter",
    "lacuna_path_received_numbers_total",
    "Sequence numbers that came by the path, first or not.",
    (path) => path.received,
  ),
  perPath(
    "counter",
    "lacuna_path_redundant_numbers_total",
    "Sequence numbers that came by the path after they had come by another.",
    (path) => path.redundant,
  ),
  perPath(
    "gauge",
    "lacuna_path_only_here_numbers",
    "Sequence numbers that came by this path alone; falls when another brings one too.",
    (path) => path.onlyHere,
  ),
  skew,
];
