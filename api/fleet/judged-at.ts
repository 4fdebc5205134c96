import type { LedgerSource } from "../sources.ts";

/** Of which moment statuses are: what arrived later is not shown yet, and would look like silence. @param nowUs - wall clock */
export const judgedAtUs = ({ heardUntilUs }: LedgerSource, nowUs: number): number =>
  Math.min(nowUs, heardUntilUs);
