import type { QueryClient } from "./query-types.ts";

/** The queries of one client that are not yet answered, in its order. */
export interface Line<Query> {
  readonly client: QueryClient;
  /** the first one runs, or is the one whose turn comes */
  readonly queries: Query[];
  isRunning: boolean;
  /** the first one has taken too long for the thread that is kept for short ones */
  isLong: boolean;
  /** so has the last one that was tried there, or it took long while others waited */
  isSlow: boolean;
}

/**
 * Whose query is next. The queries of a client run one after the other: HTTP/1.1 answers them in that order anyway. Clients take turns with one query
 * each, however many they have asked; those whose last query was slow come behind the others on the thread for short ones, and before them elsewhere.
 */
export class QueryTurns<Query> {
  readonly #capacity: number;
  /** kept while the client lives: whether it is slow outlasts its queries */
  readonly #lineOf = new WeakMap<QueryClient, Line<Query>>();
  /** with queries */
  readonly #lines = new Set<Line<Query>>();
  /** whose turn comes, and whose last query was short, or who is new */
  readonly #quick: Line<Query>[] = [];
  /** whose turn comes after theirs on the thread for short ones, and before theirs on the others */
  readonly #slow: Line<Query>[] = [];
  #waiting = 0;

  /** @param capacity - queries that wait at most */
  constructor(capacity: number) {
    this.#capacity = capacity;
  }

  /** Queries that wait for a thread. */
  get waiting(): number {
    return this.#waiting;
  }

  /** Whether a client waits whose last query was short, or that is new. */
  get hasQuick(): boolean {
    return this.#quick.length > 0;
  }

  get isFull(): boolean {
    return this.#waiting >= this.#capacity;
  }

  /**
   * One more query. When too many wait it takes the place of the newest one of the client that has most of them.
   * @returns the query that has no place: another, or this one when all the others have no more than its client
   */
  add(query: Query, client: QueryClient): Query | undefined {
    const line = this.#lineFor(client);
    let refused: Query | undefined;
    if (this.isFull) {
      const longest = this.#longest();
      if (longest === undefined || longest.queries.length <= line.queries.length + 1) return query;
      refused = longest.queries.pop();
      this.#waiting--;
    }
    line.queries.push(query);
    this.#waiting++;
    if (line.queries.length === 1) {
      this.#lines.add(line);
      this.#queue(line);
    }
    return refused;
  }

  /** The client whose first query is to run on the thread that is kept for short ones; `end` or `postpone` is to be called then. */
  takeShort(): Line<Query> | undefined {
    return this.#started(this.#quick.shift() ?? takeFresh(this.#slow));
  }

  /**
   * The same on another thread: slow clients first, so that quick ones, however many, do not keep them waiting.
   * @param takesQuick - also of a client whose last query was short, or that is new
   */
  takeLong(takesQuick: boolean): Line<Query> | undefined {
    return this.#started(this.#slow.shift() ?? (takesQuick ? this.#quick.shift() : undefined));
  }

  /** The query that ran is over. @param wasShort - on the thread that is kept for short ones */
  end(line: Line<Query>, wasShort: boolean): void {
    line.queries.shift();
    line.isRunning = false;
    line.isLong = false;
    if (wasShort) line.isSlow = false;
    if (line.queries.length === 0) this.#lines.delete(line);
    else this.#queue(line);
  }

  /** The query that ran on the thread for short ones took too long there and begins again. @param isLong - on another thread only */
  postpone(line: Line<Query>, isLong: boolean): void {
    line.isRunning = false;
    line.isLong = isLong;
    line.isSlow = true;
    this.#waiting++;
    this.#queue(line);
  }

  /** Takes out what waits of clients that are gone. */
  giveUp(): Query[] {
    const given: Query[] = [];
    for (const line of this.#lines) {
      if (!line.client.destroyed) continue;
      given.push(...line.queries.splice(line.isRunning ? 1 : 0));
      if (line.isRunning) continue;
      this.#lines.delete(line);
      const ring = line.isSlow ? this.#slow : this.#quick;
      ring.splice(ring.indexOf(line), 1);
      line.isLong = false;
    }
    this.#waiting -= given.length;
    return given;
  }

  #lineFor(client: QueryClient): Line<Query> {
    const known = this.#lineOf.get(client);
    if (known !== undefined) return known;
    const line = { client, queries: [], isRunning: false, isLong: false, isSlow: false };
    this.#lineOf.set(client, line);
    return line;
  }

  #started(line: Line<Query> | undefined): Line<Query> | undefined {
    if (line === undefined) return undefined;
    line.isRunning = true;
    this.#waiting--;
    return line;
  }

  #queue(line: Line<Query>): void {
    (line.isSlow ? this.#slow : this.#quick).push(line);
  }

  #longest(): Line<Query> | undefined {
    let longest: Line<Query> | undefined;
    for (const line of this.#lines)
      if (longest === undefined || line.queries.length > longest.queries.length) longest = line;
    return longest;
  }
}

const takeFresh = <Query>(lines: Line<Query>[]): Line<Query> | undefined => {
  const at = lines.findIndex(({ isLong }) => !isLong);
  return at < 0 ? undefined : lines.splice(at, 1)[0];
};
