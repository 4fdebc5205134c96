import type { NaiveDatagram } from "../naive-ledger/device.ts";

/** when the simulated senders begin, microseconds since the Unix epoch */
export const WALL_US = 1_795_176_000_000_000;

type ClockStyle = "none" | "steady" | "stepping" | "relative";

/** A simulated sender: it knows what it sent, and what the network still keeps. */
export interface Sender {
  id: string;
  epoch: number | null;
  epochs: (number | null)[];
  next: number;
  port: number;
  clock: ClockStyle;
  /** width of its numbers; `next` itself goes on growing */
  bits: number;
  startsAtZero: boolean;
  clockOffsetUs: number;
  bootUs: number;
  sent: NaiveDatagram[];
  stash: NaiveDatagram[];
}

const CLOCKS: ClockStyle[] = ["steady", "none", "stepping", "none", "relative"];

/** The fourth has no epoch, the sixth neither and numbers of 8 bits, the seventh begins anywhere. */
export const newSender = (index: number): Sender => {
  const epoch = index === 3 || index === 5 || index === 6 ? null : 10;
  return {
    id: `device-${index}`,
    epoch,
    epochs: [epoch],
    next: index % 2 === 0 ? 0 : 1500 * index,
    port: 1000 + index,
    clock: CLOCKS[index % CLOCKS.length]!,
    bits: index === 5 ? 8 : 53,
    startsAtZero: index !== 6,
    clockOffsetUs: 0,
    bootUs: WALL_US - 1_000_000,
    sent: [],
    stash: [],
  };
};
