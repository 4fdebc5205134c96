/** What an attacker is told. */
export interface AttackPlan {
  seed: number;
  /** on loopback; each gets an equal share */
  ports: readonly number[];
  rateHz: number;
  seconds: number;
  /** share of the datagrams that come from ever new device ids, [0, 1] */
  idShare: number;
  /** ids of the fleet that must not suffer */
  goodIds: readonly string[];
  goodEpoch: number;
}

/** What it did. */
export interface AttackReport {
  /** datagrams the system took, by port in the order of the plan */
  sent: number[];
  byKind: Record<string, number>;
  distinctIds: number;
  elapsedMs: number;
}
