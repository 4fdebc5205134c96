import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from "prom-client";
import type { LiveFigures } from "../live/hub.ts";
import type { Sources } from "../sources.ts";
import type { MetricSpec } from "./catalogue.ts";
import { FLEET_METRICS } from "./fleet.ts";
import { INTERNAL_METRICS } from "./internals.ts";
import { LISTENER_METRICS } from "./listeners.ts";
import { liveMetrics } from "./live.ts";
import { PATH_METRICS } from "./paths.ts";

/** Every metric that is read from the sources when it is asked for. */
export const METRICS: readonly MetricSpec[] = [
  ...FLEET_METRICS,
  ...LISTENER_METRICS,
  ...PATH_METRICS,
  ...INTERNAL_METRICS,
];

const register = (registry: Registry, spec: MetricSpec, sources: Sources): void => {
  const configuration = {
    name: spec.name,
    help: spec.help,
    labelNames: [...spec.labels],
    registers: [registry],
    // the sources count; the metric only repeats what they say at this moment
    collect(this: Counter | Gauge) {
      this.reset();
      // one without labels is 0 then, which is not what nobody knows
      if (spec.labels.length === 0) this.remove();
      for (const { value, labels } of spec.read(sources)) this.inc(labels ?? {}, Number(value));
    },
  };
  if (spec.type === "counter") new Counter(configuration);
  else new Gauge(configuration);
};

export const HTTP_DURATION = {
  name: "lacuna_http_request_duration_seconds",
  help: "Time to answer HTTP requests.",
  labels: ["method", "route", "status"],
} as const;

/** Gauges of prom-client that wear the suffix of a counter; each has a twin by type without it. */
const MISNAMED = [
  "nodejs_active_handles_total",
  "nodejs_active_requests_total",
  "nodejs_active_resources_total",
];

/** Each look at the event loop wakes it: the ten milliseconds that prom-client has otherwise are a tenth of what an idle collector costs. */
const EVENT_LOOP_LOOK_MS = 50;

const collectProcessMetrics = (registry: Registry): void => {
  collectDefaultMetrics({ register: registry, eventLoopMonitoringPrecision: EVENT_LOOP_LOOK_MS });
  for (const name of MISNAMED) registry.removeSingleMetric(name);
};

export interface Metrics {
  /** Prometheus text */
  text(): Promise<string>;
  contentType: string;
  observeRequest(labels: Record<(typeof HTTP_DURATION.labels)[number], string>, seconds: number): void;
}

/**
 * @param withProcess - also the process's own metrics (`process_…`, `nodejs_…`), which start observers that live as long as the process
 */
export const createMetrics = (sources: Sources, live: LiveFigures, withProcess: boolean): Metrics => {
  const registry = new Registry();
  for (const spec of [...METRICS, ...liveMetrics(live)]) register(registry, spec, sources);
  if (withProcess) collectProcessMetrics(registry);
  const requests = new Histogram({
    name: HTTP_DURATION.name,
    help: HTTP_DURATION.help,
    labelNames: [...HTTP_DURATION.labels],
    buckets: [0.001, 0.005, 0.025, 0.1, 0.5, 2, 10],
    registers: [registry],
  });
  return {
    text: () => registry.metrics(),
    contentType: registry.contentType,
    observeRequest: (labels, seconds) => requests.observe(labels, seconds),
  };
};
