import fc from "fast-check";
import { expect, test } from "vitest";
import { VERDICT } from "../../../collector/tracker/types.ts";
import { NaivePeer } from "../../support/naive-peer.ts";
import { RecoveryBed, WINDOW_MS } from "../../support/recovery-bed.ts";

const TICK_MS = 10;
const SPACING_MS = 50;
const ASKING_MS = 10_000;
const UNTIL_ALL_IS_LOST_MS = 12_000;

interface Gap {
  epoch: number;
  number: number;
  openedMs: number;
  state: "window" | "asked" | "lost" | "here";
  requests: number;
  askedAtMs: number;
  nextMs: number;
  untilMs: number;
}

/** When which number of one device is asked for and lost, as docs/ledger.md ("Recovery") has it: all gaps are looked at in every tick. */
class NaiveSchedule {
  readonly gaps: Gap[] = [];
  /** epoch, time and numbers of each NACK */
  readonly nacks: [number, number, number[]][] = [];
  /** epoch, number, time and requests of each that was lost */
  readonly lost: number[][] = [];
  readonly peer = new NaivePeer();
  heardMs = 0;

  open(epoch: number, number: number, openedMs: number): void {
    const never = { askedAtMs: Number.NEGATIVE_INFINITY, nextMs: 0, untilMs: 0 };
    this.gaps.push({ epoch, number, openedMs, state: "window", requests: 0, ...never });
  }

  arrive(gap: Gap, atMs: number): void {
    if (gap.requests > 0) this.peer.answers.push({ requests: gap.requests, askedAtMs: gap.askedAtMs, atMs });
    gap.state = "here";
  }

  /** @returns whether it is the answer to a NACK */
  gone(gap: Gap, nowMs: number): boolean {
    if (nowMs - this.#lastNackMs > ASKING_MS) return false;
    this.peer.hasSpoken = true;
    if (gap.state === "asked" && nowMs - gap.askedAtMs <= ASKING_MS) this.#lose(gap, nowMs);
    return true;
  }

  tick(nowMs: number, drainedAtMs: number): void {
    for (const gap of this.gaps) {
      if (gap.state === "asked" && gap.untilMs <= drainedAtMs) this.#lose(gap, nowMs);
      if (gap.state !== "window" || gap.openedMs + WINDOW_MS > drainedAtMs) continue;
      const { peer } = this;
      gap.state = "asked";
      if (peer.isDeaf(drainedAtMs) && !peer.mayProbe(drainedAtMs)) this.#lose(gap, nowMs);
      gap.nextMs = drainedAtMs;
      gap.untilMs = drainedAtMs + ASKING_MS;
    }
    if (drainedAtMs - this.#lastNackMs < SPACING_MS) return;
    // the newest epoch first
    const epochs = new Set(this.gaps.map(({ epoch }) => epoch));
    for (const epoch of [...epochs].sort((one, other) => other - one))
      if (this.#ask(epoch, nowMs, drainedAtMs)) return;
  }

  #ask(epoch: number, nowMs: number, drainedAtMs: number): boolean {
    const due = this.#asked(epoch).filter((gap) => {
      if (gap.nextMs <= drainedAtMs) gap.nextMs = Math.max(gap.nextMs, this.#busyUntilMs(gap, nowMs));
      return gap.nextMs <= drainedAtMs;
    });
    if (due.length === 0) return false;
    this.nacks.push([epoch, nowMs, due.map(({ number }) => number)]);
    this.peer.nacksMs.push(nowMs);
    this.peer.heardMs.push(this.heardMs);
    for (const gap of due) {
      gap.requests++;
      gap.askedAtMs = nowMs;
      gap.nextMs = nowMs + this.peer.roundTrip.backedOffMs(gap.requests);
      if (gap.requests === 10) this.#giveUp(gap, gap.nextMs);
    }
    if (this.peer.isDeaf(nowMs)) for (const gap of this.#asked()) this.#giveUp(gap, nowMs + 500);
    return true;
  }

  #busyUntilMs({ requests, askedAtMs }: Gap, nowMs: number): number {
    return requests === 0 ? -1 : this.peer.busyUntilMs(askedAtMs, nowMs);
  }

  #lose(gap: Gap, nowMs: number): void {
    gap.state = "lost";
    this.lost.push([gap.epoch, gap.number, nowMs, gap.requests]);
  }

  #giveUp(gap: Gap, atMs: number): void {
    gap.nextMs = Number.POSITIVE_INFINITY;
    gap.untilMs = Math.min(gap.untilMs, atMs);
  }

  #asked(epoch?: number): Gap[] {
    return this.gaps.filter((gap) => gap.state === "asked" && gap.epoch === (epoch ?? gap.epoch));
  }

  get #lastNackMs(): number {
    return this.peer.nacksMs.at(-1) ?? Number.NEGATIVE_INFINITY;
  }
}

/** While the device talks it is heard every 100 ms; else only by what it loses, and by what comes after all. */
const step = fc.record({
  ticks: fc.oneof(fc.nat(12), fc.nat(120), fc.constantFrom(700, 3000)),
  kind: fc.constantFrom("lose", "lose", "lose", "arrive", "arrive", "gone"),
  talks: fc.boolean(),
  epoch: fc.nat(2),
  which: fc.nat(9),
});

const byNumber = (one: number[], other: number[]): number =>
  one[0]! - other[0]! || one[1]! - other[1]! || one[2]! - other[2]!;

test.each([0, 40, 300])(
  "what a device is asked for, when, how often and until when is what the rules say, read %i ms behind",
  (lagMs) => {
    fc.assert(
      fc.property(fc.array(step, { minLength: 1, maxLength: 25 }), (steps) => {
        const bed = new RecoveryBed();
        const naive = new NaiveSchedule();
        const say = (epoch: number, numbers: number[]): void => {
          bed.data("pump", numbers, { epoch, lengthBytes: 60_000 });
          naive.heardMs = bed.nowMs;
        };
        const next = [0, 1, 2].map((epoch) => {
          say(epoch, [0, 1]);
          return 2;
        });
        const pass = (ms: number, talks = false): void => {
          for (let left = ms; left > 0; left -= TICK_MS) {
            // a number that is here already
            if (talks && left % 100 === 0) say(2, [0]);
            bed.pass(TICK_MS, lagMs);
            naive.tick(bed.nowMs, bed.nowMs - lagMs);
          }
        };
        for (const { ticks, kind, epoch, which, talks } of steps) {
          const gap = naive.gaps[which % Math.max(1, naive.gaps.length)];
          if (kind === "lose") {
            naive.open(epoch, next[epoch]!, bed.nowMs);
            say(epoch, [next[epoch]! + 1]);
            next[epoch]! += 2;
          } else if (gap !== undefined && kind === "gone") {
            const isCurrent = gap.epoch === 2;
            const verdict = bed.gone("pump", isCurrent ? next[2]! : -1, [[gap.number, gap.number]], gap);
            const isAnswer = naive.gone(gap, bed.nowMs);
            expect(verdict).toBe(isAnswer ? VERDICT.CONTROL : VERDICT.REJECTED);
            if (isAnswer) naive.heardMs = bed.nowMs;
          } else if (kind === "arrive" && gap !== undefined && gap.state !== "here") {
            naive.arrive(gap, bed.nowMs);
            say(gap.epoch, [gap.number]);
          }
          pass(ticks * TICK_MS, talks);
        }
        pass(UNTIL_ALL_IS_LOST_MS);
        const sent = bed.nacks.map(({ epoch, atMs, ranges }) => [
          epoch,
          atMs,
          ranges.map(([first]) => first),
        ]);
        expect(sent).toEqual(naive.nacks);
        const lost = bed.lost.map(({ run, first, atMs, requests }) => [run - 1, first, atMs, requests]);
        expect(lost.sort(byNumber)).toEqual(naive.lost.sort(byNumber));
      }),
      { numRuns: 40 },
    );
  },
);
