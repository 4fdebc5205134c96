import fc from "fast-check";
import type { NaiveDatagram } from "./naive-ledger/device.ts";

/**
 * Fault scripts: what a hostile network, forgetful senders and a restarted collector do to a few devices. fast-check draws *moves*, which know
 * nothing of numbers (so that they shrink well); `expand` plays them with simulated senders and yields concrete events. Biased so that
 * every rule of docs/ledger.md is met often; the property test counts that.
 */

export type FaultEvent =
  /** `listener`: by the second one when 1; by the port unless given */
  | { event: "datagram"; datagram: NaiveDatagram; port: number; listener?: number }
  | { event: "shed"; datagram: NaiveDatagram; port: number }
  | { event: "advance"; ms: number }
  /** `lagMs`: how far the reading of the sockets lags behind */
  | { event: "tick"; lagMs: number; maxClosures: number }
  /** a NACK names everything the device can be asked for */
  | { event: "ask"; device: string; port: number }
  | { event: "listener-break" }
  /** the kernel's counters are read, one of two having moved by so much; null = it cannot be read */
  | { event: "kernel-drops"; listener: number; drops: number | null; lagMs: number }
  /** a datagram that cannot be decoded */
  | { event: "reject"; port: number }
  /** the collector's own wall clock is stepped */
  | { event: "wall-step"; us: number }
  /** a batch is committed: what a crash goes back to */
  | { event: "commit" }
  /** the collector stops in an orderly way and starts again after `ms` */
  | { event: "collector-restart"; ms: number }
  /** it dies, and starts again after `ms` from the last commit */
  | { event: "collector-crash"; ms: number };

export type ClockStyle = "none" | "steady" | "stepping" | "relative";

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
/** moves that tell causes apart by when something was read */
export const READING = ["read-drops", "overflow", "corrupt"];
export const ASKING = ["ask", "answer", "answer-gone", "answer-elsewhere"];

const WALL_US = 1_795_176_000_000_000;
const ABSURD = 2 ** 53 - 2;
const BEYOND_JUMP = 2 ** 20;

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

interface Sender {
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
const newSender = (index: number): Sender => {
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

/** Plays moves; deterministic. */
export function expand(moves: readonly Move[], senderCount = 7): FaultEvent[] {
  const player = new Player(senderCount);
  for (const step of moves) player.play(step);
  return player.events;
}

class Player {
  readonly events: FaultEvent[] = [];
  readonly #senders: Sender[];
  #elapsedMs = 0;
  #strangers = 0;

  constructor(senderCount: number) {
    this.#senders = Array.from({ length: senderCount }, (_, index) => newSender(index));
  }

  play({ move, who, k }: Move): void {
    // the lower senders speak more often, so that their runs grow long
    const sender = this.#senders[Math.min(who % this.#senders.length, (who >> 3) % this.#senders.length)]!;
    this[move](sender, k);
  }

  // ---- the network ------------------------------------------------------------------------------------------

  send(sender: Sender, k: number): void {
    for (let i = 0; i <= k % 3; i++) this.#deliver(sender, this.#data(sender, sender.next++));
  }

  lose(sender: Sender, k: number): void {
    sender.next += 1 + (k % 5);
    this.send(sender, 0);
  }

  shed(sender: Sender, k: number): void {
    for (let i = 0; i <= k % 3; i++)
      this.events.push({ event: "shed", datagram: this.#data(sender, sender.next++), port: sender.port });
  }

  /** what we shed is scattered */
  "shed-comb"(sender: Sender, k: number): void {
    for (let i = 0; i < 3 + (k % 4); i++) {
      this.shed(sender, 0);
      this.send(sender, 0);
    }
  }

  delay(sender: Sender, k: number): void {
    for (let i = 0; i <= k % 3; i++) sender.stash.push(this.#data(sender, sender.next++));
    if (k % 2 === 0) this.send(sender, 0);
  }

  release(sender: Sender, k: number): void {
    const [datagram] = sender.stash.splice(k % Math.max(1, sender.stash.length), 1);
    if (datagram !== undefined) this.#deliver(sender, datagram);
  }

  copy(sender: Sender, k: number): void {
    const datagram = sender.sent.at(-1 - (k % 20));
    if (datagram !== undefined) this.#deliver(sender, datagram);
  }

  "copy-elsewhere"(sender: Sender, k: number): void {
    const datagram = sender.sent.at(-1 - (k % 20));
    if (datagram !== undefined) this.events.push({ event: "datagram", datagram, port: 7 });
  }

  /** copies of the newest ones come by the other listener, from the same source or from one of its own */
  "copies-elsewhere"(sender: Sender, k: number): void {
    const from = 1 + (k % (k % 8 === 0 ? 60 : 6));
    for (const datagram of sender.sent.slice(-from).slice(0, 4)) this.#elsewhere(sender, datagram, k);
  }

  /** new numbers come by the other listener */
  "elsewhere-only"(sender: Sender, k: number): void {
    sender.next += k % 5 === 0 ? k % 40 : 0;
    for (let i = 0; i <= k % 3; i++) {
      const datagram = this.#data(sender, sender.next++);
      sender.sent.push(datagram);
      this.#elsewhere(sender, datagram, k);
    }
  }

  /** one path is silent while the other goes on, fast or slowly */
  "elsewhere-alone"(sender: Sender, k: number): void {
    for (let i = 0; i < 30; i++) {
      this["elsewhere-only"](sender, k);
      this.#pass([0, 10, 200, 700][k % 4]!);
    }
    this["copies-elsewhere"](sender, 0);
    this.copy(sender, k);
  }

  #elsewhere(sender: Sender, datagram: NaiveDatagram, k: number): void {
    const port = k % 2 === 0 ? sender.port : 8;
    this.events.push({ event: "datagram", datagram, port, listener: 1 });
  }

  /** heard from three sources, a change of the reported one apart, then numbers are used again */
  "two-homes"(sender: Sender, k: number): void {
    for (const port of [7, 8]) {
      this.events.push({ event: "datagram", datagram: this.#data(sender, sender.next++), port });
      this.#pass([9000, 9999, 10_000][k % 3]!);
    }
    this["reuse-number"](sender, k);
  }

  "move-source"(sender: Sender, k: number): void {
    sender.port = 2000 + k;
  }

  // ---- forgetful senders ------------------------------------------------------------------------------------

  "reuse-number"(sender: Sender, k: number): void {
    const number = Math.max(0, sender.next - 1 - (k % 8));
    this.#deliver(sender, this.#data(sender, number));
    if (k % 2 === 0) this.#deliver(sender, this.#data(sender, number + 1));
  }

  /** starts again under the same epoch */
  rewind(sender: Sender, k: number): void {
    sender.next = Math.max(0, k % 2 === 0 ? 0 : sender.next - (k % 12));
    if (k % 3 !== 0) this.#pass(10_001);
    this.send(sender, k);
  }

  /** a number again, now with a send time although the sender had none */
  "clock-found"(sender: Sender, k: number): void {
    if (sender.clock !== "none") return;
    if (k % 2 === 0) this.#pass(10_001);
    const number = Math.max(0, sender.next - 1 - (k % 3));
    this.#deliver(sender, { ...this.#data(sender, number), sendTimeUs: this.#wallUs(), isRelative: false });
  }

  "restart-greater"(sender: Sender, k: number): void {
    this.#restart(sender, Math.max(0, ...sender.epochs.map(Number)) + 1 + (k % 3), k % 3);
    this.send(sender, k);
  }

  "restart-smaller"(sender: Sender, k: number): void {
    this.#restart(sender, Math.max(0, Number(sender.epoch) - 1 - (k % 3)), k % 3);
    this.send(sender, k);
  }

  "restart-known"(sender: Sender, k: number): void {
    const epoch = sender.epochs[k % sender.epochs.length]!;
    sender.epoch = epoch;
    const known = sender.sent.findLast((datagram) => datagram.epoch === epoch && datagram.kind === "data");
    sender.next = Math.max(0, (known?.sequence ?? -1) + 1 - (k % 4));
    this.send(sender, k);
  }

  "restart-far"(sender: Sender, k: number): void {
    this.#restart(sender, 100 + k, 1020 + (k % 10));
    this.send(sender, 0);
  }

  /** a new epoch whose first numbers are overtaken */
  "late-start"(sender: Sender, k: number): void {
    this.#restart(sender, 200 + k, 2000);
    this.delay(sender, 2 + (k % 2 === 0 ? 0 : 1));
    this.send(sender, 0);
    this.release(sender, k);
  }

  "step-clock"(sender: Sender, k: number): void {
    if (sender.clock === "stepping") sender.clockOffsetUs += (k - 128) * 1_000_000;
  }

  /** a send time no clock can mean */
  "mad-clock"(sender: Sender, k: number): void {
    const datagram = this.#data(sender, sender.next++);
    const early = sender.clock === "relative" ? -1 - k : 1 + k;
    const late = this.#wallUs() + (sender.clock === "relative" ? 0 : 86_400_000_001);
    this.#deliver(sender, { ...datagram, sendTimeUs: k % 2 === 0 ? early : late });
  }

  // ---- control ----------------------------------------------------------------------------------------------

  heartbeat(sender: Sender): void {
    this.#deliver(sender, this.#control(sender, "heartbeat", sender.next));
  }

  "heartbeat-ahead"(sender: Sender, k: number): void {
    this.#deliver(sender, this.#control(sender, "heartbeat", sender.next + 1 + (k % 6)));
  }

  "heartbeat-behind"(sender: Sender, k: number): void {
    const datagram = this.#control(sender, "heartbeat", Math.max(0, sender.next - 1 - (k % 6)));
    this.#deliver(sender, k % 2 === 0 ? datagram : { ...datagram, sendTimeUs: 0 });
  }

  "heartbeat-too-far"(sender: Sender): void {
    this.#deliver(sender, this.#control(sender, "heartbeat", sender.next + BEYOND_JUMP + 300));
  }

  /** the tail is lost and only the heartbeat tells */
  "heartbeat-lost"(sender: Sender, k: number): void {
    sender.next += 1 + (k % 4);
    this.heartbeat(sender);
  }

  sleep(sender: Sender, k: number): void {
    this.#deliver(sender, { ...this.#control(sender, "heartbeat", sender.next), sleepSeconds: k });
  }

  end(sender: Sender, k: number): void {
    const next = Math.max(0, k % 4 === 0 ? sender.next - 1 : sender.next);
    this.#deliver(sender, { ...this.#control(sender, "heartbeat", next), isEnd: true });
  }

  describe(sender: Sender): void {
    this.#deliver(sender, this.#control(sender, "describe", sender.next));
  }

  gone(sender: Sender): void {
    this.#deliver(sender, this.#control(sender, "gone", sender.next));
  }

  "gone-elsewhere"(sender: Sender, k: number): void {
    const epoch = sender.epochs[k % sender.epochs.length]!;
    this.#deliver(sender, { ...this.#control(sender, "gone", sender.next + (k % 3)), epoch });
  }

  "assert-nothing"(sender: Sender): void {
    this.#deliver(sender, this.#control(sender, "describe", null));
  }

  // ---- recovery ---------------------------------------------------------------------------------------------

  ask(sender: Sender): void {
    this.events.push({ event: "ask", device: sender.id, port: sender.port });
  }

  /** some of what was sent comes again, or for the first time */
  answer(sender: Sender, k: number): void {
    const numbered = sender.sent.filter(({ kind }) => kind === "data").slice(-40);
    for (const datagram of numbered.filter((_, at) => (at + k) % 3 === 0))
      this.events.push({ event: "datagram", datagram, port: sender.port });
    for (const datagram of sender.stash.splice(0, 1 + (k % 8)))
      this.events.push({ event: "datagram", datagram, port: sender.port });
  }

  /** a loss is asked for, and some of it, and of its surroundings, is said to be gone */
  "answer-gone"(sender: Sender, k: number): void {
    sender.next += 1 + (k % 5);
    this.#deliver(sender, this.#data(sender, sender.next++));
    this.#pass(260);
    this.events.push({ event: "tick", lagMs: 0, maxClosures: Number.POSITIVE_INFINITY });
    this.ask(sender);
    this.#sayGone(sender, k);
  }

  #sayGone(sender: Sender, k: number): void {
    const first = Math.max(0, sender.next - 1 - (k % 12));
    const gone: [number, number][] = [
      [first, first + (k % 5)],
      [first + 8, first + 8 + (k % 9)],
    ];
    const port = k % 7 === 0 ? sender.port + 1 : sender.port;
    const datagram = { ...this.#control(sender, "gone", sender.next), gone };
    this.events.push({ event: "datagram", datagram, port });
  }

  /** the same answer by both paths */
  "answer-elsewhere"(sender: Sender, k: number): void {
    this["answer-gone"](sender, k);
    const datagram = this.#control(sender, "gone", sender.next);
    this.events.push({ event: "datagram", datagram, port: sender.port });
    this.#elsewhere(sender, datagram, k);
  }

  // ---- forgery and absurdity --------------------------------------------------------------------------------

  "forge-epoch"(sender: Sender, k: number): void {
    for (let i = 0; i <= k % 6; i++)
      this.#deliver(sender, { ...this.#data(sender, k), epoch: 1_000_000 + k + i });
  }

  /** epochs as fast as they are let in, and one more about a minute later */
  "epoch-storm"(sender: Sender, k: number): void {
    const deliver = (i: number) =>
      this.#deliver(sender, { ...this.#data(sender, 0), epoch: 5000 + 32 * k + i });
    for (let i = 0; i < 18; i++) {
      deliver(i);
      if (i % 3 === 2) this.#pass(i < 17 ? 10_000 : 9_999 + (k % 3));
    }
    deliver(18);
  }

  "forge-number"(sender: Sender, k: number): void {
    const far = [ABSURD, ABSURD - 1, sender.next + BEYOND_JUMP + (k % 4), sender.next + BEYOND_JUMP - 1 + 50];
    this.#deliver(sender, this.#data(sender, far[k % 4]! + (k % 4 === 3 ? 100 : 0)));
  }

  "before-first"(sender: Sender, k: number): void {
    const [oldest] = sender.sent.filter((datagram) => datagram.epoch === sender.epoch);
    const number = Math.max(0, (oldest?.sequence ?? 0) - 2 - (k % 100));
    this.#deliver(sender, this.#data(sender, number));
    if (k % 3 === 0) this.#deliver(sender, this.#data(sender, number + 1));
  }

  /** the number before the first, then the first again */
  "across-first"(sender: Sender, k: number): void {
    this.#pass(10_001 + (k % 2));
    const oldest = sender.sent.find(({ epoch, kind }) => epoch === sender.epoch && kind === "data");
    const number = Math.max(1, oldest?.sequence ?? 1);
    this.#deliver(sender, { ...this.#data(sender, number - 1), sendTimeUs: 0 });
    this.#deliver(sender, { ...this.#data(sender, number), sendTimeUs: 0 });
  }

  /** as far as is believed just so, by a number or by control, or one further */
  "jump-limit"(sender: Sender, k: number): void {
    this.heartbeat(sender);
    const last = sender.next - 1 + BEYOND_JUMP + (k % 2);
    if (k % 4 < 2) this.#deliver(sender, this.#data(sender, last));
    else this.#deliver(sender, this.#control(sender, "heartbeat", last + 1));
    if (k % 2 === 0) sender.next = last + 1;
  }

  /** a silence in which so many numbers could have been used, or not */
  "jump-in-silence"(sender: Sender, k: number): void {
    this.#restart(sender, 300 + k, 0);
    this.send(sender, 0);
    this.#pass(2000);
    this["jump-limit"](sender, 0);
    this.#pass(20_000);
    sender.next += Math.floor([2, 3.5, 4.5][k % 3]! * (sender.next / 2) * 20);
    this.send(sender, 0);
  }

  /** numbers without an epoch are believed a hundred back */
  "far-back"(sender: Sender, k: number): void {
    const number = sender.next;
    this.send(sender, 0);
    sender.next = number + 99 + (k % 4);
    this.send(sender, 0);
    this.#deliver(sender, this.#data(sender, number));
  }

  /** numbers leap beyond belief and go on from there */
  split(sender: Sender, k: number): void {
    sender.next += BEYOND_JUMP + 100 + k;
    this.send(sender, 1 + (k % 2));
  }

  /** the same, but the confirming number does not follow at once */
  "split-broken"(sender: Sender, k: number): void {
    const far = sender.next + BEYOND_JUMP + 100 + k;
    this.#deliver(sender, this.#data(sender, far));
    if (k % 2 === 0) this.send(sender, 0);
    this.#pass(k % 3 === 0 ? 5000 : 4999);
    this.#deliver(sender, this.#data(sender, far + 1));
  }

  /** every second number is lost: many ranges */
  comb(sender: Sender, k: number): void {
    for (let i = 0; i < 4 + (k % 8); i++) this.lose(sender, k % 2);
  }

  unsequenced(sender: Sender, k: number): void {
    this.#deliver(sender, { ...this.#data(sender, 0), sequence: null, epoch: k % 3 === 0 ? 10 : null });
  }

  /** a device nobody heard of */
  stranger(_sender: Sender, k: number): void {
    const stranger = { ...newSender(100), id: `stranger-${this.#strangers++ % 4}`, next: k };
    this.send(stranger, k % 2);
    if (k % 5 === 0) this.heartbeat({ ...stranger, id: `stranger-${this.#strangers++ % 4}` });
  }

  // ---- time and the collector -------------------------------------------------------------------------------

  "pause-instant"(_sender: Sender, k: number): void {
    this.#pass(k % 2 === 0 ? 1 : 0);
  }
  "pause-short"(_sender: Sender, k: number): void {
    this.#pass(k % 100);
  }
  /** around the end of a window */
  "pause-window"(_sender: Sender, k: number): void {
    this.#pass([249, 250, 251, 300][k % 4]!);
    if (k % 3 !== 0) this.tick();
  }
  "pause-hold"(_sender: Sender, k: number): void {
    this.#pass([4999, 5000, 5001, 7000][k % 4]!);
    if (k % 2 === 0) this.tick();
  }
  "pause-silence"(_sender: Sender, k: number): void {
    this.#pass([9999, 10_000, 10_001, 12_000][k % 4]!);
    if (k % 2 === 0) this.tick();
  }
  "pause-minute"(_sender: Sender, k: number): void {
    this.#pass([59_999, 60_000, 60_001, 90_000][k % 4]!);
  }
  "pause-long"(_sender: Sender, k: number): void {
    this.#pass(600_000 + k * 1000);
  }

  tick(): void {
    this.events.push({ event: "tick", lagMs: 0, maxClosures: 10_000 });
  }

  "tick-lagging"(_sender: Sender, k: number): void {
    this.events.push({ event: "tick", lagMs: k * 2, maxClosures: 1 + (k % 5) });
  }

  /** around the end of a window, the kernel is asked and says nothing new, or that it dropped plenty */
  "read-drops"(_sender: Sender, k: number): void {
    const drops = k % 8 === 0 ? null : k % 8 === 1 ? 2 ** 40 : 0;
    this.#pass([0, 60, 300, 600][(k >> 3) % 4]!);
    this.events.push({
      event: "kernel-drops",
      listener: k % 7 === 0 ? 1 : 0,
      drops,
      lagMs: k % 5 === 0 ? k : 0,
    });
    this.tick();
  }

  /** numbers are lost while the kernel drops plenty, or fewer than any gap has, also all times together: what runs share depends on their order, which is not fixed */
  overflow(sender: Sender, k: number): void {
    if (k % 3 === 0) this.#pass(11_000);
    this.send(sender, 0);
    sender.next += 2 + (k % 9);
    this.events.push({
      event: "kernel-drops",
      listener: 0,
      drops: k % 4 === 0 ? 2 ** -12 : 2 ** 40,
      lagMs: 0,
    });
    this.send(sender, 0);
    this.#pass(250 + (k % 2));
    this.events.push({ event: "kernel-drops", listener: 0, drops: 0, lagMs: 0 });
    this.tick();
  }

  corrupt(sender: Sender): void {
    this.events.push({ event: "reject", port: sender.port });
  }

  "listener-break"(): void {
    this.events.push({ event: "listener-break" });
  }

  "collector-restart"(sender: Sender, k: number): void {
    const ms = [10, 1000, 12_000, 100_000][k % 4]!;
    sender.next += k % 7;
    this.#elapsedMs += ms;
    this.events.push({ event: "collector-restart", ms });
  }

  "collector-crash"(sender: Sender, k: number): void {
    const ms = [10, 1000, 12_000, 100_000][k % 4]!;
    sender.next += k % 3;
    this.#elapsedMs += ms;
    this.events.push({ event: "collector-crash", ms });
  }

  /** gaps around the end of what a start explains */
  "after-start"(sender: Sender, k: number): void {
    this["collector-restart"](sender, k);
    this.#pass(1000);
    this.lose(sender, k);
    this.#pass([249, 250, 251][k % 3]!);
    this.lose(sender, k);
  }

  /** a new epoch of which two numbers came before the collector stopped, not one after the other */
  "half-known"(sender: Sender, k: number): void {
    this.#restart(sender, 600 + k, 0);
    this.send(sender, 0);
    this.lose(sender, k);
    this["collector-restart"](sender, 0);
    this.send(sender, k);
  }

  commit(): void {
    this.events.push({ event: "commit" });
  }

  "wall-step"(_sender: Sender, k: number): void {
    this.events.push({ event: "wall-step", us: (k - 128) * 100_000 });
  }

  // ---- what senders do --------------------------------------------------------------------------------------

  #restart(sender: Sender, epoch: number, next: number): void {
    sender.epoch = sender.epoch === null ? null : epoch;
    if (!sender.epochs.includes(sender.epoch)) sender.epochs.push(sender.epoch);
    sender.next = next;
    sender.bootUs = this.#wallUs();
  }

  #wallUs(): number {
    return WALL_US + this.#elapsedMs * 1000;
  }

  #pass(ms: number): void {
    this.#elapsedMs += ms;
    if (ms > 0) this.events.push({ event: "advance", ms });
  }

  #sendTime(sender: Sender): { sendTimeUs: number; isRelative: boolean } {
    const nowUs = this.#wallUs() + this.events.length;
    if (sender.clock === "none") return { sendTimeUs: 0, isRelative: false };
    if (sender.clock === "relative")
      return { sendTimeUs: Math.max(1, nowUs - sender.bootUs), isRelative: true };
    return { sendTimeUs: nowUs + sender.clockOffsetUs, isRelative: false };
  }

  #data(sender: Sender, sequence: number): NaiveDatagram {
    return this.#datagram(sender, "data", sequence);
  }

  #control(sender: Sender, kind: "heartbeat" | "describe" | "gone", sequence: number | null): NaiveDatagram {
    return this.#datagram(sender, kind, sequence);
  }

  #datagram(sender: Sender, kind: NaiveDatagram["kind"], number: number | null): NaiveDatagram {
    const { id, epoch, bits, startsAtZero } = sender;
    const sequence = number === null ? null : number % 2 ** bits;
    return { device: id, kind, epoch, sequence, bits, startsAtZero, ...this.#sendTime(sender) };
  }

  #deliver(sender: Sender, datagram: NaiveDatagram): void {
    sender.sent.push(datagram);
    this.events.push({ event: "datagram", datagram, port: sender.port });
  }
}
