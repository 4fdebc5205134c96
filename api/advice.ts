import { formatDurationMs } from "../common/duration.ts";
import { quantileOf } from "../common/log-histogram.ts";
import { formatSizeBytes } from "../common/size.ts";
import type { CollectorStatus, ListenerStatus } from "./sources.ts";

export const ADVICE_CODES = ["reorder-window", "receive-buffer", "batch-pool", "send-times"] as const;

/** A sentence from evidence since the collector's start. */
export interface Advice {
  code: (typeof ADVICE_CODES)[number];
  /** what was seen */
  text: string;
  /** the setting it speaks for; null = as it is, or none helps */
  setting: string | null;
  /** URL of the listener it is about; null = the collector */
  listener: string | null;
}

/** so many numbers out of order, and that share of them is told of */
const SHARES = [
  { least: 10_000, share: 0.999 },
  { least: 1000, share: 0.99 },
] as const;
/** what comes so late was sent again by its device: no window is meant for that */
const MOST_WINDOW_MS = 10_000;
/** the next minutes may be worse than those seen */
const SPARE = 2;
/** a window so many times as long as needed is worth a change: a lost number is known that much sooner */
const LONG_WINDOW = 4;
/** a peak below this share of the buffer says nothing */
const WORTH_TELLING = 0.01;
/** a peak above this share of the buffer is too near to its end */
const NEAR_FULL = 0.5;
/** room for so many times the peak */
const HEADROOM = 4;
const MOST_BUFFER_BYTES = 2 ** 30;
const MOST_POOL_BATCHES = 1024;
const UNUSABLE_SHARE = 0.01;
const LEAST_DATAGRAMS = 1000;

const percent = (share: number): string => `${Math.round(share * 1000) / 10} %`;

/** Two digits, at least 1 ms, up. */
const roundedUpMs = (ms: number): number => {
  const step = Math.max(1, 10 ** (Math.floor(Math.log10(ms)) - 1));
  return Math.max(1, Math.ceil(ms / step) * step);
};

const milliseconds = (ms: number): string =>
  ms < 10 ? `${Math.round(ms * 10) / 10} ms` : `${Math.round(ms)} ms`;

/** How long numbers that were out of order kept us waiting, against the window that waits for them. */
export const windowAdvice = ({ windowMs, delays }: CollectorStatus["reordering"]): Advice[] => {
  const count = delays.reduce((sum, each) => sum + each, 0);
  const known = SHARES.find(({ least }) => count >= least);
  if (known === undefined) return [];
  const neededMs = roundedUpMs(quantileOf(delays, known.share) / 1000);
  if (neededMs > MOST_WINDOW_MS) return [];
  const isShort = neededMs > windowMs;
  const verb = isShort ? "is needed" : "would have been enough";
  const text = `a reorder window of ${neededMs} ms ${verb} for ${percent(known.share)} of reordering (${count} numbers); it is ${windowMs} ms`;
  const isWorthIt = isShort || neededMs * LONG_WINDOW <= windowMs;
  const setting = isWorthIt ? `window = "${formatDurationMs(SPARE * neededMs)}"` : null;
  return [{ code: "reorder-window", text, setting, listener: null }];
};

const powerOf2 = (bytes: number): number => Math.min(MOST_BUFFER_BYTES, 2 ** Math.ceil(Math.log2(bytes)));

/** Set in the URL, and where the system would not grant it, there too. */
const bufferSetting = (bytes: number, ceilingBytes: number | null): string => {
  const inUrl = `receiveBuffer=${formatSizeBytes(bytes)}`;
  return ceilingBytes !== null && bytes > ceilingBytes
    ? `${inUrl} and sysctl -w net.core.rmem_max=${bytes}`
    : inUrl;
};

/** How full the socket's buffer was found, and what fell out of it. */
export const bufferAdvice = (listener: ListenerStatus): Advice[] => {
  const { url, kernelDrops, receiveQueuePeakBytes, receiveQueuePeakMs } = listener;
  const grantedBytes = listener.receiveBufferGrantedBytes;
  if (grantedBytes === null) return [];
  const advice = (text: string, bytes: number | null): Advice => ({
    code: "receive-buffer",
    text,
    setting: bytes === null ? null : bufferSetting(bytes, listener.receiveBufferCeilingBytes),
    listener: url,
  });
  const granted = formatSizeBytes(grantedBytes);
  if (kernelDrops !== null && kernelDrops > 0) {
    const bytes = powerOf2(Math.max(2 * grantedBytes, listener.receiveBufferRequestedBytes ?? 0));
    return [
      advice(`the receive buffer of ${granted} was full: the kernel dropped ${kernelDrops} datagrams`, bytes),
    ];
  }
  const share = receiveQueuePeakBytes / grantedBytes;
  if (share < WORTH_TELLING || receiveQueuePeakMs <= 0) return [];
  const text = `the receive buffer held ${milliseconds(receiveQueuePeakMs)} at the peak seen, ${percent(share)} of its ${granted}`;
  return [advice(text, share > NEAR_FULL ? powerOf2(HEADROOM * receiveQueuePeakBytes) : null)];
};

/** What found no batch: the writer, or the disk below it, was slower than the senders. */
export const poolAdvice = ({ queues }: Pick<CollectorStatus, "queues">): Advice[] =>
  queues
    .filter(({ name, refused }) => name === "batches" && refused > 0)
    .map(({ capacity, refused }) => ({
      code: "batch-pool" as const,
      text: `${refused} datagrams were shed because all ${capacity} batches were under way to the database`,
      setting:
        capacity < MOST_POOL_BATCHES ? `poolBatches = ${Math.min(MOST_POOL_BATCHES, 2 * capacity)}` : null,
      listener: null,
    }));

/** Send times that were not believed: clocks that were never set. */
export const timeAdvice = ({ url, counters }: ListenerStatus): Advice[] => {
  const { datagrams, unusableSendTimes } = counters;
  const share = unusableSendTimes / datagrams;
  if (datagrams < LEAST_DATAGRAMS || share < UNUSABLE_SHARE) return [];
  const text = `${percent(share)} of datagrams had a send time before 2000 or a day ahead: the arrival stands in for it; set the senders' clocks, or count from the start of the epoch (flag bit 2)`;
  return [{ code: "send-times", text, setting: null, listener: url }];
};

/** All there is evidence for. */
export const adviceOf = (status: CollectorStatus): Advice[] => [
  ...windowAdvice(status.reordering),
  ...status.listeners.flatMap((listener) => [...bufferAdvice(listener), ...timeAdvice(listener)]),
  ...poolAdvice(status),
];
