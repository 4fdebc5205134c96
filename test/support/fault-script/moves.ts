import fc from "fast-check";

/** One step of a script. `who` chooses the sender, `k` is a small free number. */
export interface Move {
  move: (typeof MOVES)[number][0];
  who: number;
  k: number;
}

/** Moves and their weights. */
export const MOVES = [
  ["send", 60],
  ["lose", 8],
  ["shed", 5],
  ["shed-comb", 1],
  ["delay", 10],
  ["release", 12],
  ["copy", 6],
  ["copy-elsewhere", 1],
  ["two-homes", 1],
  ["copies-elsewhere", 12],
  ["elsewhere-only", 4],
  ["elsewhere-alone", 1],
  ["answer-elsewhere", 2],
  ["reuse-number", 2],
  ["rewind", 2],
  ["clock-found", 1],
  ["heartbeat", 4],
  ["heartbeat-ahead", 2],
  ["heartbeat-behind", 2],
  ["heartbeat-too-far", 1],
  ["heartbeat-lost", 2],
  ["sleep", 1],
  ["end", 1],
  ["doze", 1],
  ["describe", 1],
  ["gone", 1],
  ["gone-elsewhere", 1],
  ["assert-nothing", 1],
  ["restart-greater", 3],
  ["restart-smaller", 2],
  ["restart-known", 2],
  ["restart-far", 1],
  ["late-start", 2],
  ["forge-epoch", 2],
  ["epoch-storm", 1],
  ["forge-number", 2],
  ["before-first", 2],
  ["across-first", 1],
  ["backfill", 2],
  ["jump-limit", 1],
  ["jump-in-silence", 1],
  ["far-back", 1],
  ["split", 2],
  ["split-broken", 1],
  ["comb", 3],
  ["unsequenced", 2],
  ["move-source", 1],
  ["step-clock", 1],
  ["mad-clock", 1],
  ["stranger", 2],
  ["pause-instant", 6],
  ["pause-short", 12],
  ["pause-window", 10],
  ["pause-hold", 4],
  ["pause-silence", 5],
  ["pause-minute", 1],
  ["pause-long", 1],
  ["tick", 12],
  ["tick-lagging", 4],
  ["read-drops", 12],
  ["overflow", 4],
  ["corrupt", 1],
  ["listener-break", 1],
  ["wall-step", 1],
  ["commit", 3],
  ["collector-restart", 1],
  ["collector-crash", 1],
  ["after-start", 1],
  ["half-known", 1],
  ["ask", 8],
  ["answer", 6],
  ["answer-gone", 3],
] as const;
/** moves by a second listener */
export const ELSEWHERE = ["copies-elsewhere", "elsewhere-only", "elsewhere-alone", "answer-elsewhere"];
/** moves that mean something only to a collector that asks again */
export const ASKING = ["ask", "answer", "answer-gone", "answer-elsewhere"];

/** Scripts of up to `maxMoves` moves, some kinds of moves left out. */
export const faultScript = (maxMoves: number, without: readonly string[] = []): fc.Arbitrary<Move[]> => {
  const weighted = MOVES.filter(([name]) => !without.includes(name)).map(([name, weight]) => ({
    arbitrary: fc.constant(name),
    weight,
  }));
  const move = fc.record({
    move: fc.oneof(...weighted),
    who: fc.nat({ max: 63 }),
    k: fc.nat({ max: 255 }),
  });
  return fc.array(move, { maxLength: maxMoves, size: "max" });
};
