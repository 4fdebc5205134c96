import fc from "fast-check";
import { expect, test } from "vitest";
import { QueryTurns, type Turn } from "../../../db/readers/query-turns.ts";

interface Client {
  destroyed: boolean;
  readableEnded: boolean;
  /** what it has asked and is not over */
  asked: string | null;
  isRunning: boolean;
  isSlow: boolean;
  isLong: boolean;
  /** clients taken since its query waits */
  passedBy: Client[];
}

const newClient = (): Client => ({
  destroyed: false,
  readableEnded: false,
  asked: null,
  isRunning: false,
  isSlow: false,
  isLong: false,
  passedBy: [],
});

type Kind = "quick" | "slow" | "half-closed";
const kindOf = ({ readableEnded, isSlow }: Client): Kind =>
  readableEnded ? "half-closed" : isSlow ? "slow" : "quick";
/** whose query each thread takes first */
const ORDER = {
  short: ["quick", "slow", "half-closed"],
  long: ["slow", "quick", "half-closed"],
  "slow only": ["slow", "half-closed"],
} satisfies Record<string, Kind[]>;

const isWaiting = ({ asked, isRunning }: Client): boolean => asked !== null && !isRunning;

/** Five clients ask, threads take, queries end in any order; after each step all that is promised is looked at. */
class World {
  readonly #turns = new QueryTurns<string>();
  readonly #running: { turn: Turn<string>; isShort: boolean }[] = [];
  readonly #clients = Array.from({ length: 5 }, newClient);
  #count = 0;

  ask(name: number): void {
    const client = this.#clients[name]!;
    if (client.asked !== null) return;
    client.asked = `query ${this.#count++}`;
    this.#turns.add(client.asked, client);
  }

  take(thread: keyof typeof ORDER): void {
    const turn = thread === "short" ? this.#turns.takeShort() : this.#turns.takeLong(thread === "long");
    const waiting = this.#clients.filter((each) => isWaiting(each) && !(thread === "short" && each.isLong));
    const kind = ORDER[thread].find((first) => waiting.some((each) => kindOf(each) === first));
    expect(turn !== undefined).toBe(kind !== undefined);
    if (turn === undefined) return;
    const taken = turn.client as Client;
    expect(waiting).toContain(taken);
    expect([turn.query, turn.isLong, kindOf(taken)]).toEqual([taken.asked, taken.isLong, kind]);
    // of those of its kind nobody has had a turn since that began to wait
    for (const other of waiting) {
      if (other === taken || kindOf(other) !== kind) continue;
      expect(other.passedBy).not.toContain(taken);
      other.passedBy.push(taken);
    }
    taken.isRunning = true;
    taken.passedBy = [];
    this.#running.push({ turn, isShort: thread === "short" });
  }

  end(at: number, how: "in time" | "contended" | "too long"): void {
    const [running] = this.#running.splice(at % Math.max(1, this.#running.length), 1);
    if (running === undefined) return;
    const { turn, isShort } = running;
    const client = turn.client as Client;
    client.isRunning = false;
    const isPostponed = isShort && how !== "in time";
    client.isLong = isPostponed && how === "too long";
    if (isShort) client.isSlow = isPostponed;
    if (isPostponed) {
      this.#turns.postpone(turn, client.isLong);
      return;
    }
    Object.assign(client, { asked: null, readableEnded: false });
    if (isShort) this.#turns.endShort(turn);
  }

  /** It will ask nothing more; once it is answered another one takes its place. */
  closeItsSide(name: number): void {
    const client = this.#clients[name]!;
    if (client.asked !== null) Object.assign(client, { readableEnded: true, passedBy: [] });
  }

  /** A client's connection ends; another one takes its place, as slow as it was. */
  leave(name: number): void {
    const client = this.#clients[name]!;
    client.destroyed = true;
    expect(this.#turns.giveUp()).toEqual(isWaiting(client) ? [client.asked] : []);
    if (!client.isRunning)
      Object.assign(client, { asked: null, isLong: false, passedBy: [], readableEnded: false });
    client.destroyed = false;
  }

  check(): void {
    const waiting = this.#clients.filter(isWaiting);
    expect(this.#turns.giveUp()).toEqual([]);
    expect(this.#turns.waiting).toBe(waiting.length);
    expect(this.#turns.hasQuick).toBe(waiting.some((each) => kindOf(each) === "quick"));
  }

  /** All that is left is answered. */
  finish(): void {
    for (let step = 0; this.#turns.waiting > 0 || this.#running.length > 0; step++) {
      expect(step).toBeLessThan(100);
      this.take("long");
      this.end(0, "in time");
    }
    expect(this.#clients.every(({ asked }) => asked === null)).toBe(true);
  }
}

const client = fc.nat({ max: 4 });
const step = fc.oneof(
  { weight: 4, arbitrary: client.map((name) => (world: World) => world.ask(name)) },
  {
    weight: 3,
    arbitrary: fc
      .constantFrom("short" as const, "long" as const, "slow only" as const)
      .map((kind) => (world: World) => world.take(kind)),
  },
  {
    weight: 3,
    arbitrary: fc
      .tuple(
        fc.nat({ max: 4 }),
        fc.constantFrom("in time" as const, "contended" as const, "too long" as const),
      )
      .map(
        ([at, how]) =>
          (world: World) =>
            world.end(at, how),
      ),
  },
  { weight: 1, arbitrary: client.map((name) => (world: World) => world.leave(name)) },
  { weight: 1, arbitrary: client.map((name) => (world: World) => world.closeItsSide(name)) },
);

test("whatever is asked and ends: clients in turns, quick ones first, those that have closed their side last", () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 80, size: "max" }), (steps) => {
      const world = new World();
      for (const apply of steps) {
        apply(world);
        world.check();
      }
      world.finish();
    }),
    { numRuns: 500 },
  );
});
