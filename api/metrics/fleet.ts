import type { FleetCounters } from "../../protocol/fleet-counters.ts";
import type { LedgerCounts } from "../../protocol/ledger-counts.ts";
import { REFUSAL_REASONS } from "../../protocol/reasons.ts";
import type { Sources } from "../sources.ts";
import { byKey, type MetricSpec, REASONS, single, withZeros } from "./catalogue.ts";

const counts = (sources: Sources): LedgerCounts => sources.ledger.fleet().counts;
const counters = (sources: Sources): Readonly<FleetCounters> => sources.ledger.fleet().counters;

/** The fleet's ledger since the database began: sums over every device. What can fall is a gauge. */
export const FLEET_METRICS: readonly MetricSpec[] = [
  single("gauge", "lacuna_devices", "Devices known.", (sources) => sources.ledger.deviceCount),
  single("counter", "lacuna_datagrams_total", "Datagrams that arrived.", (s) => counters(s).datagrams),
  single(
    "counter",
    "lacuna_control_datagrams_total",
    "HEARTBEAT, DESCRIBE and GONE datagrams.",
    (s) => counters(s).control,
  ),
  single(
    "counter",
    "lacuna_shed_datagrams_total",
    "Datagrams refused for want of room; their numbers become gaps with cause queue-overflow.",
    (s) => counters(s).shed,
  ),
  single(
    "gauge",
    "lacuna_held_datagrams",
    "Datagrams kept aside until the next number tells what they are.",
    (s) => counters(s).held,
  ),
  byKey("counter", "lacuna_rejected_datagrams_total", "reason", "Datagrams rejected.", (s) =>
    withZeros(REASONS, counters(s).rejected),
  ),
  byKey(
    "counter",
    "lacuna_refused_readings_total",
    "reason",
    "Single readings refused in datagrams that were received.",
    (s) => withZeros(REFUSAL_REASONS, counters(s).refusedReadings),
  ),
  single(
    "counter",
    "lacuna_expected_numbers_total",
    "Sequence numbers the senders are known to have used.",
    (s) => counts(s).expected,
  ),
  byKey(
    "counter",
    "lacuna_received_numbers_total",
    "bin",
    "Sequence numbers received, by how they arrived.",
    (s) => {
      const { inOrder, reordered, recovered, late } = counts(s);
      return { "in-order": inOrder, reordered, recovered, late };
    },
  ),
  single(
    "gauge",
    "lacuna_missing_numbers",
    "Sequence numbers not here whose gap is open.",
    (s) => counts(s).missing,
  ),
  byKey(
    "gauge",
    "lacuna_lost_numbers",
    "cause",
    "Sequence numbers declared lost; falls when one comes late.",
    (s) => counts(s).causes,
  ),
  single(
    "counter",
    "lacuna_duplicate_datagrams_total",
    "Datagrams whose number was received already.",
    (s) => counts(s).duplicates,
  ),
  single(
    "counter",
    "lacuna_redundant_datagrams_total",
    "First copies by another path.",
    (s) => counts(s).redundant,
  ),
  single(
    "counter",
    "lacuna_unsequenced_datagrams_total",
    "Datagrams without a number.",
    (s) => counts(s).unsequenced,
  ),
  single(
    "gauge",
    "lacuna_pending_numbers",
    "Sequence numbers received and not yet committed.",
    (s) => counts(s).pending,
  ),
  single(
    "gauge",
    "lacuna_stored_numbers",
    "Sequence numbers whose readings are in the database.",
    (s) => counts(s).stored,
  ),
  single(
    "counter",
    "lacuna_expired_numbers_total",
    "Sequence numbers whose readings retention removed.",
    (s) => counts(s).expired,
  ),
  single(
    "gauge",
    "lacuna_open_ends",
    "Starts and tails of numberings nobody can know the length of.",
    (s) => counts(s).unknown,
  ),
];
