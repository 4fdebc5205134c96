import type { LoadShape } from "./load.ts";
import { observeApi, observeIdling, observeMemory, observeVisibility } from "./observers.ts";
import type { Load, Observer } from "./runs.ts";

/** One load with a question to answer. Rates are those of a machine with 4 cores. */
export interface Scenario {
  shape: Omit<LoadShape, "epoch">;
  rateHz: number;
  seconds: number;
  /** shorter than this it cannot answer its question */
  leastSeconds?: number;
  /** compared with the discard receiver; else only the collector runs */
  isCompared: boolean;
  /** only when it is asked for by name */
  onDemand?: true;
  receive?: "dgram";
  spacingUs?: number;
  patienceMs?: number;
  observe?(api: string, port: number, pid: number): Observer<unknown>;
  question: string;
}

/** a collector that was offered too much needs a while to read what its socket holds */
const PATIENCE_MS = 6000;

export const SCENARIOS: Readonly<Record<string, Scenario>> = {
  w1: {
    shape: { devices: 1000, readings: 1 },
    rateHz: 500_000,
    seconds: 10,
    isCompared: true,
    question: "zero lost; at most 1.7 x the discard receiver's CPU per datagram",
  },
  rich: {
    shape: { devices: 1000, readings: 10 },
    rateHz: 200_000,
    seconds: 10,
    isCompared: true,
    question: "zero lost; at most 2.5 x the discard receiver's CPU per datagram",
  },
  w2: {
    shape: { devices: 100, readings: 20 },
    rateHz: 100_000,
    seconds: 10,
    isCompared: true,
    question: "zero lost; at most 0.6 CPU seconds per million readings",
  },
  wide: {
    shape: { devices: 100_000, readings: 1 },
    rateHz: 300_000,
    seconds: 30,
    isCompared: true,
    patienceMs: PATIENCE_MS,
    question: "zero lost; CPU per datagram at most 4 x that of narrow",
  },
  narrow: {
    shape: { devices: 1000, readings: 1 },
    rateHz: 300_000,
    seconds: 30,
    isCompared: true,
    question: "what wide is compared with",
  },
  dgram: {
    shape: { devices: 1000, readings: 1 },
    rateHz: 100_000,
    seconds: 10,
    isCompared: true,
    receive: "dgram",
    question: "zero lost",
  },
  overload: {
    shape: { devices: 1000, readings: 1 },
    rateHz: 1_000_000,
    seconds: 20,
    isCompared: false,
    patienceMs: PATIENCE_MS,
    observe: observeApi,
    question: "everything lost is accounted for; the API answers within 100 ms p99 (observed)",
  },
  latency: {
    shape: { devices: 1000, readings: 1 },
    rateHz: 100_000,
    seconds: 20,
    isCompared: false,
    observe: observeVisibility,
    question: "from arrival to visible in a query: under 750 ms p99 (observed)",
  },
  idle1k: {
    shape: { devices: 1000, readings: 1 },
    rateHz: 1000,
    seconds: 50,
    leastSeconds: 25,
    isCompared: false,
    observe: (_api, _port, pid) => observeIdling(pid),
    question: "under 5 % of a core once it is warm (observed)",
  },
  w3: {
    shape: { devices: 1000, readings: 1 },
    rateHz: 250_000,
    seconds: 40,
    isCompared: false,
    spacingUs: 1_000_000,
    question: "10 million readings, one a second with 0 to 9 ms of jitter: at most 1.96 bytes per reading",
  },
  soak: {
    shape: { devices: 1000, readings: 1 },
    rateHz: 100_000,
    seconds: 600,
    isCompared: false,
    onDemand: true,
    observe: (_api, _port, pid) => observeMemory(pid),
    question: "zero lost; memory does not grow after the first minute (observed)",
  },
};

/** Bursts a sender of that rate makes: segmentation offload keeps the generator's own cost small where rates are high. */
const segmentsOf = (rateHz: number): number => {
  if (rateHz <= 100_000) return 1;
  if (rateHz <= 200_000) return 8;
  return rateHz <= 400_000 ? 16 : 32;
};

export interface LoadOverrides {
  rateHz?: number;
  seconds?: number;
  /** 1 = no offload */
  segments?: number;
  /** rates are multiplied by that */
  rateFactor: number;
}

/** The load of a scenario; every device sends equally often. */
export const loadOf = (scenario: Scenario, overrides: LoadOverrides): Load => {
  const rateHz = overrides.rateHz ?? scenario.rateHz * overrides.rateFactor;
  const seconds = overrides.seconds ?? scenario.seconds;
  return {
    ...scenario.shape,
    rateHz,
    rounds: Math.max(1, Math.round((rateHz * seconds) / scenario.shape.devices)),
    segments: overrides.segments ?? segmentsOf(rateHz),
    spacingUs: scenario.spacingUs ?? null,
    epoch: 1,
    ...(scenario.patienceMs === undefined ? {} : { patienceMs: scenario.patienceMs }),
  };
};
