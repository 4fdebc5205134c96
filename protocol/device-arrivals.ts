/**
 * What is known of a run's way here, since the collector's start. Microseconds. Transit is arrival minus send time: the offset between the two clocks
 * is in it, so that only differences mean something.
 */
export interface TransitFigures {
  /** consecutive numbers that were looked at */
  pairs: number;
  /** RFC 3550 §6.4.1 */
  jitterUs: number;
  /** smoothed by 1/16 */
  meanUs: number;
  /** of the last 10 to 20 minutes */
  leastUs: number;
  greatestUs: number;
}

/** What came after a greater number of the run, since the collector's start (RFC 4737); what had been asked for does not count. */
export interface ReorderFigures {
  count: number;
  /** numbers received from the first greater one on until it came: 1 where it came right behind (§4.2) */
  greatestExtent: number;
  meanExtent: number;
  /** since the first greater one came, microseconds */
  greatestDelayUs: number;
  /** at n - 1, from n = 1: how many were at least n-reordered (§5) */
  atLeast: number[];
}

/** How the numbers of the run a device is heard on arrive. */
export interface DeviceArrivals {
  /** null = the format has none */
  epoch: number | null;
  /** its index in the epoch */
  run: number;
  /** null = no send times yet */
  transit: TransitFigures | null;
  /** send times count from the start of the epoch: `leastUs` is about 0 by the way they are mapped */
  isRelative: boolean;
  reordering: ReorderFigures;
}
