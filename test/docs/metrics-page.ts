import type { MetricSpec } from "../../api/metrics/catalogue.ts";
import { FLEET_METRICS } from "../../api/metrics/fleet.ts";
import { INTERNAL_METRICS } from "../../api/metrics/internals.ts";
import { LISTENER_METRICS } from "../../api/metrics/listeners.ts";
import { liveMetrics } from "../../api/metrics/live.ts";
import { PATH_METRICS } from "../../api/metrics/paths.ts";
import { HTTP_DURATION } from "../../api/metrics/registry.ts";

const table = (metrics: readonly MetricSpec[]): string =>
  [
    "| metric | type | labels | meaning |",
    "| --- | --- | --- | --- |",
    ...metrics.map(
      ({ name, type, labels, help }) =>
        `| \`${name}\` | ${type} | ${labels.map((label) => `\`${label}\``).join(", ")} | ${help} |`,
    ),
  ].join("\n");

/** docs/metrics.md, made from the tables of metrics. */
export const metricsPage = (): string => `# Metrics

\`GET /metrics\` answers in the Prometheus text format. Units are base units and part of the name. What ends in \`_total\` never falls:
a restart goes on with that of the fleet, which is in the database, and begins all others at 0. No metric has a label per device: ask the API for one device. Metrics count in sequence numbers or in
datagrams, as their names say; the bins are those of [ledger.md](ledger.md).

This page is made from the tables in \`api/metrics/\`.

## Fleet, since the database began

${table(FLEET_METRICS)}

## Listeners, since the start of the process

${table(LISTENER_METRICS)}

## Paths, since the start of the process

Where listeners are of more than one path (\`path=\` in their URLs, [paths.md](paths.md)). The path of those without the option is \`(none)\`.

${table(PATH_METRICS)}

## Threads, queues and the database, since the start of the process

${table(INTERNAL_METRICS)}

## Live feed, since the start of the process

${table(liveMetrics({ clients: 0, refusedClients: 0, slowClients: 0 }))}

## HTTP and process

| metric | type | labels | meaning |
| --- | --- | --- | --- |
| \`${HTTP_DURATION.name}\` | histogram | ${HTTP_DURATION.labels.map((label) => `\`${label}\``).join(", ")} | ${HTTP_DURATION.help} |
| \`process_…\`, \`nodejs_…\` | | | CPU, memory, file descriptors, event loop of the main thread, garbage collection: prom-client's own set; the event loop is looked at every 50 ms, which is in its delays |

[deploy/](../deploy/README.md) has alerts for Prometheus and a dashboard for Grafana.

## Questions

Each is one expression; those with \`[5m]\` look at the last five minutes.

| question | PromQL |
| --- | --- |
| How complete is what arrived? | \`sum by (job, instance) (rate(lacuna_received_numbers_total[5m])) / sum by (job, instance) (rate(lacuna_expected_numbers_total[5m]))\` |
| Is anything lost by our own fault? | \`delta(lacuna_lost_numbers{cause=~"socket-overflow\\|queue-overflow\\|collector-down"}[5m]) > 0\` |
| Does the kernel drop at a socket? | \`rate(lacuna_listener_kernel_drops_total[5m]) > 0\` |
| Is the writer behind? | \`lacuna_queue_length / lacuna_queue_capacity > 0.5\` |
| Do commits fail? | \`increase(lacuna_store_commit_failures_total[5m]) > 0\` |
| Does somebody send what we cannot read? | \`sum by (job, instance, reason) (rate(lacuna_rejected_datagrams_total[5m])) > 0\` |
| Is a listener down? | \`lacuna_listener_state{state=~"UNAVAILABLE\\|FAILED"} == 1\` |
`;
