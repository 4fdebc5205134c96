import type { LiveFigures } from "../live/hub.ts";
import { type MetricSpec, single } from "./catalogue.ts";

/** The live feed, since the start of the process. */
export const liveMetrics = (live: LiveFigures): readonly MetricSpec[] => [
  single("gauge", "lacuna_live_clients", "Clients of the live feed.", () => live.clients),
  single(
    "counter",
    "lacuna_live_refused_clients_total",
    "Clients refused because as many as are allowed were connected.",
    () => live.refusedClients,
  ),
  single(
    "counter",
    "lacuna_live_slow_clients_total",
    "Times a client was too slow and had to be told from the store what it missed.",
    () => live.slowClients,
  ),
];
