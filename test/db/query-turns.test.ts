import fc from "fast-check";
import { expect, test } from "vitest";
import { type Line, QueryTurns } from "../../db/query-turns.ts";

const CAPACITY = 6;

interface Client {
  readonly name: number;
  destroyed: boolean;
  /** what it has asked and is not over, in its order */
  asked: string[];
  isRunning: boolean;
  isSlow: boolean;
  isLong: boolean;
  /** clients taken since its first query waits */
  passedBy: Client[];
}

const newClient = (name: number): Client => ({
  name,
  destroyed: false,
  asked: [],
  isRunning: false,
  isSlow: false,
  isLong: false,
  passedBy: [],
});

/** Five clients ask, threads take, queries end in any order; after each step all that is promised is looked at. */
class World {
  readonly #turns = new QueryTurns<string>(CAPACITY);
  readonly #running: { line: Line<string>; isShort: boolean }[] = [];
  readonly #clients = Array.from({ length: 5 }, (_, name) => newClient(name));
  #count = 0;

  ask(name: number): void {
    const client = this.#clients[name]!;
    const query = `${name}/${this.#count++}`;
    const before = this.#clients.map(({ asked }) => asked.length);
    const wasFull = this.#turns.isFull;
    const refused = this.#turns.add(query, client);
    client.asked.push(query);
    expect(refused !== undefined).toBe(wasFull);
    if (refused === undefined) return;
    const loser = this.#clients[Number(refused.split("/")[0])]!;
    expect(loser.asked.pop()).toBe(refused);
    expect(Math.max(...before)).toBeLessThanOrEqual(
      loser === client ? before[name]! + 1 : before[loser.name]!,
    );
    // whose only query it is has a place unless all the others have one query each
    if (loser === client && before[name] === 0) expect(Math.max(...before)).toBe(1);
  }

  take(kind: "short" | "long" | "slow only"): void {
    const line = kind === "short" ? this.#turns.takeShort() : this.#turns.takeLong(kind === "long");
    const candidates = this.#clients.filter(({ asked, isRunning, isLong, isSlow }) => {
      if (asked.length === 0 || isRunning) return false;
      return kind === "short" ? !isLong : kind === "long" || isSlow;
    });
    expect(line !== undefined).toBe(candidates.length > 0);
    if (line === undefined) return;
    const taken = line.client as Client;
    expect(candidates).toContain(taken);
    expect(line.queries[0]).toBe(taken.asked[0]);
    expect(line.isLong).toBe(taken.isLong);
    const mayGoFirst = candidates.some(({ isSlow }) => isSlow === (kind !== "short"));
    if (mayGoFirst) expect(taken.isSlow).toBe(kind !== "short");
    // of those of its kind nobody has had a turn since that began to wait
    for (const other of candidates) {
      if (other === taken || other.isSlow !== taken.isSlow) continue;
      expect(other.passedBy).not.toContain(taken);
      other.passedBy.push(taken);
    }
    taken.isRunning = true;
    taken.passedBy = [];
    this.#running.push({ line, isShort: kind === "short" });
  }

  end(at: number, how: "in time" | "contended" | "too long"): void {
    const [running] = this.#running.splice(at % Math.max(1, this.#running.length), 1);
    if (running === undefined) return;
    const { line, isShort } = running;
    const client = line.client as Client;
    client.isRunning = false;
    const isPostponed = isShort && how !== "in time";
    client.isLong = isPostponed && how === "too long";
    if (isShort) client.isSlow = isPostponed;
    if (isPostponed) {
      this.#turns.postpone(line, client.isLong);
      return;
    }
    client.asked.shift();
    this.#turns.end(line, isShort);
  }

  /** A client's connection ends; another one takes its name. */
  leave(name: number): void {
    const client = this.#clients[name]!;
    client.destroyed = true;
    const given = this.#turns.giveUp();
    expect(given).toEqual(client.asked.splice(client.isRunning ? 1 : 0));
    if (!client.isRunning) Object.assign(client, { isLong: false, passedBy: [] });
    client.destroyed = false;
  }

  check(): void {
    expect(this.#turns.hasQuick).toBe(
      this.#clients.some(({ asked, isRunning, isSlow }) => asked.length > 0 && !isRunning && !isSlow),
    );
    const waiting = this.#clients.map(({ asked, isRunning }) => asked.length - (isRunning ? 1 : 0));
    expect(this.#turns.waiting).toBe(waiting.reduce((sum, count) => sum + count, 0));
    // what ran already and waits again is not refused
    expect(this.#turns.waiting).toBeLessThanOrEqual(CAPACITY + this.#clients.length);
  }

  /** All that is left is answered. */
  finish(): void {
    for (let step = 0; this.#turns.waiting > 0 || this.#running.length > 0; step++) {
      expect(step).toBeLessThan(100);
      this.take("long");
      this.end(0, "in time");
    }
    expect(this.#clients.every(({ asked }) => asked.length === 0)).toBe(true);
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
);

test("whatever is asked and ends: each client in its order, clients in turns, quick ones first, none takes all places", () => {
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
