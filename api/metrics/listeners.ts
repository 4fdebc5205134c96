import type { ListenerCounters, ListenerStatus } from "../part-status.ts";
import { LISTENER_STATES } from "../part-status.ts";
import type { Sources } from "../sources.ts";
import { type MetricSpec, REASONS, type Sample, withZeros } from "./catalogue.ts";

const perListener = (
  type: MetricSpec["type"],
  name: MetricSpec["name"],
  help: string,
  read: (listener: ListenerStatus) => number | null,
): MetricSpec => ({
  name,
  type,
  help,
  labels: ["listener"],
  *read(sources: Sources): Generator<Sample> {
    for (const listener of sources.collectorStatus().listeners) {
      const value = read(listener);
      if (value !== null) yield { value, labels: { listener: listener.url } };
    }
  },
});

const OUTCOMES = [
  "received",
  "duplicates",
  "redundant",
  "control",
  "unsequenced",
  "shed",
] as const satisfies readonly (keyof ListenerCounters)[];

const state: MetricSpec = {
  name: "lacuna_listener_state",
  type: "gauge",
  help: "1 for the state the listener is in, 0 for the others.",
  labels: ["listener", "state"],
  *read(sources) {
    for (const listener of sources.collectorStatus().listeners) {
      for (const each of LISTENER_STATES) {
        yield { value: Number(listener.state === each), labels: { listener: listener.url, state: each } };
      }
    }
  },
};

const outcomes: MetricSpec = {
  name: "lacuna_listener_outcomes_total",
  type: "counter",
  help: "Datagrams of the listener by what became of them; those rejected are counted apart, by reason.",
  labels: ["listener", "outcome"],
  *read(sources) {
    for (const { url, counters } of sources.collectorStatus().listeners) {
      for (const outcome of OUTCOMES) yield { value: counters[outcome], labels: { listener: url, outcome } };
    }
  },
};

const rejected: MetricSpec = {
  name: "lacuna_listener_rejected_datagrams_total",
  type: "counter",
  help: "Datagrams of the listener that were rejected.",
  labels: ["listener", "reason"],
  *read(sources) {
    for (const { url, counters } of sources.collectorStatus().listeners) {
      for (const [reason, value] of Object.entries(withZeros(REASONS, counters.rejected))) {
        yield { value, labels: { listener: url, reason } };
      }
    }
  },
};

/** Per listener, since the start of the process. */
export const LISTENER_METRICS: readonly MetricSpec[] = [
  state,
  perListener(
    "counter",
    "lacuna_listener_datagrams_total",
    "Datagrams that arrived at the listener.",
    (l) => l.counters.datagrams,
  ),
  perListener(
    "counter",
    "lacuna_listener_bytes_total",
    "Bytes of UDP payload that arrived at the listener.",
    (l) => l.counters.bytes,
  ),
  outcomes,
  rejected,
  perListener(
    "counter",
    "lacuna_listener_unusable_send_times_total",
    "Datagrams whose send time was not believed; their arrival time is used.",
    (l) => l.counters.unusableSendTimes,
  ),
  perListener(
    "counter",
    "lacuna_listener_nacks_total",
    "Requests for missing numbers (NACK) sent from the listener's socket.",
    (l) => l.counters.nacks,
  ),
  perListener(
    "counter",
    "lacuna_listener_nack_bytes_total",
    "Bytes of UDP payload of these requests.",
    (l) => l.counters.nackBytes,
  ),
  perListener(
    "counter",
    "lacuna_listener_nack_failures_total",
    "Requests the system refused to send.",
    (l) => l.counters.nackFailures,
  ),
  perListener(
    "counter",
    "lacuna_listener_overloads_total",
    "Times more came than one thread can read: the kernel dropped what came until what waited had been read.",
    (l) => l.counters.overloads,
  ),
  perListener(
    "gauge",
    "lacuna_listener_held_datagrams",
    "Datagrams of the listener kept aside at this moment.",
    (l) => l.counters.held,
  ),
  perListener(
    "counter",
    "lacuna_listener_kernel_drops_total",
    "Datagrams the kernel dropped at the listener's sockets; absent where it cannot be read.",
    (l) => l.kernelDrops,
  ),
  perListener(
    "gauge",
    "lacuna_listener_receive_buffer_bytes",
    "Receive buffer the system granted; of several sockets each has as much.",
    (l) => l.receiveBufferGrantedBytes,
  ),
  perListener(
    "gauge",
    "lacuna_listener_receive_queue_bytes",
    "What of the receive buffer is in use, of several sockets in the fullest; absent where it cannot be read.",
    (l) => l.receiveQueueBytes,
  ),
  perListener(
    "gauge",
    "lacuna_listener_receive_queue_peak_bytes",
    "The most of it that was found in use since the start.",
    (l) => l.receiveQueuePeakBytes,
  ),
];
