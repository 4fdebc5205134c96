import { VALUE_TYPE } from "../../protocol/constants.ts";
import { draw, subKey, uniform } from "./random.ts";

/**
 * What the channels measure. A value is a pure function of its channel's key and the sequence number, so the audit can
 * recompute any of them; each signal has a value type of its own, so that a fleet exercises every one.
 */
export const SIGNAL_NAMES = ["sine", "ramp", "walk", "square", "bursts"] as const;
export type SignalName = (typeof SIGNAL_NAMES)[number];

export interface Signal {
  /** channel name and unit (UCUM) a device describes it with */
  name: string;
  unit: string;
  /** VALUE_TYPE.* on the wire; every value is exact in it */
  type: number;
  /** @param key - of the channel within one start of one device */
  valueAt(key: number, sequence: number): number;
}

const between = (key: number, part: number, low: number, high: number): number =>
  low + Math.floor(uniform(key, part) * (high - low));

/** Parts of a channel's key; single numbers draw from `NOISE`. */
const PART = { PERIOD: 1, PHASE: 2, LEVEL: 3, NOISE: 4 } as const;

const sine = (key: number, sequence: number): number => {
  const period = between(key, PART.PERIOD, 60, 600);
  const phase = uniform(key, PART.PHASE);
  const noise = uniform(subKey(key, PART.NOISE), sequence) - 0.5;
  return Math.fround(20 + 8 * Math.sin(2 * Math.PI * (sequence / period + phase)) + noise * 0.2);
};

const ramp = (key: number, sequence: number): number => {
  const span = between(key, PART.PERIOD, 500, 5000);
  return (sequence + between(key, PART.PHASE, 0, span)) % span;
};

const WALK_BLOCK = 1024;
/** length of one step of the walk */
const WALK_STEP = 0.35;

/**
 * A random walk that can be entered anywhere: the Lévy construction of a Brownian path, which fixes the ends of a block of 1,024
 * numbers first and then halves it, so that a value costs 10 draws instead of all those before it.
 */
const walk = (key: number, sequence: number): number => {
  const noise = subKey(key, PART.NOISE);
  const anchor = subKey(key, PART.LEVEL);
  const block = Math.floor(sequence / WALK_BLOCK);
  const target = sequence - block * WALK_BLOCK;
  let low = 0;
  let high = WALK_BLOCK;
  let atLow = 100 + 20 * uniform(anchor, block);
  let atHigh = 100 + 20 * uniform(anchor, block + 1);
  while (low < target) {
    const middle = (low + high) / 2;
    const spread = WALK_STEP * Math.sqrt(high - low);
    const atMiddle = (atLow + atHigh) / 2 + (uniform(noise, block * WALK_BLOCK + middle) - 0.5) * 2 * spread;
    if (target < middle) {
      high = middle;
      atHigh = atMiddle;
    } else {
      low = middle;
      atLow = atMiddle;
    }
  }
  return Math.round(atLow * 100) / 100;
};

const square = (key: number, sequence: number): number => {
  const half = between(key, PART.PERIOD, 5, 50);
  return Math.floor((sequence + between(key, PART.PHASE, 0, half)) / half) % 2;
};

const BURST_BLOCK = 16;
const BURST_SHARE = 0.2;
const bursts = (key: number, sequence: number): number => {
  const block = Math.floor(sequence / BURST_BLOCK);
  if (uniform(subKey(key, PART.LEVEL), block) >= BURST_SHARE) return 0;
  return draw(subKey(key, PART.NOISE), sequence) % 10_000;
};

export const SIGNALS: Readonly<Record<SignalName, Signal>> = {
  sine: { name: "temperature", unit: "Cel", type: VALUE_TYPE.FLOAT32, valueAt: sine },
  ramp: { name: "level", unit: "mm", type: VALUE_TYPE.INT32, valueAt: ramp },
  walk: { name: "pressure", unit: "kPa", type: VALUE_TYPE.FLOAT64, valueAt: walk },
  square: { name: "valve", unit: "1", type: VALUE_TYPE.BOOL, valueAt: square },
  bursts: { name: "flow", unit: "L/s", type: VALUE_TYPE.UINT64, valueAt: bursts },
};

/** One channel of every device of a fleet. */
export interface Channel {
  number: number;
  name: string;
  unit: string;
  signal: Signal;
}

/**
 * The channels of a fleet's devices: the signals in turn, names made distinct by a number.
 * @param names - one may stand there several times
 * @param count - 1 or more
 */
export const channelsOf = (names: readonly SignalName[], count: number): Channel[] => {
  const taken = new Map<SignalName, number>();
  return Array.from({ length: count }, (_, number) => {
    const signalName = names[number % names.length]!;
    const nth = (taken.get(signalName) ?? 0) + 1;
    taken.set(signalName, nth);
    const signal = SIGNALS[signalName];
    return { number, name: nth === 1 ? signal.name : `${signal.name}${nth}`, unit: signal.unit, signal };
  });
};
