import type { QueryClient } from "../query/query-types.ts";

/** A query that is not yet answered. */
export interface Turn<Query> {
  readonly query: Query;
  readonly client: QueryClient;
  /** it has taken too long for the thread that is kept for short ones */
  isLong: boolean;
}

/**
 * Whose query is next. Clients take turns, with one query at a time; those whose last query was slow come behind the others on the thread for short ones,
 * and before them elsewhere. Those that have closed their side may be gone: they come last everywhere.
 */
export class QueryTurns<Query> {
  /** whose last query on the thread for short ones was too long, or took long while others waited: that outlasts the query */
  readonly #slowClients = new WeakSet<QueryClient>();
  /** of clients whose last query was short, or who are new */
  readonly #quick: Turn<Query>[] = [];
  /** whose turn comes after theirs on the thread for short ones, and before theirs on the others */
  readonly #slow: Turn<Query>[] = [];
  /** of clients that have closed their side */
  readonly #halfClosed: Turn<Query>[] = [];

  /** Queries that wait for a thread. */
  get waiting(): number {
    return this.#quick.length + this.#slow.length + this.#halfClosed.length;
  }

  /** Whether a client waits whose last query was short, or that is new. */
  get hasQuick(): boolean {
    return this.#quick.length > 0;
  }

  add(query: Query, client: QueryClient): void {
    const ring = this.#slowClients.has(client) ? this.#slow : this.#quick;
    ring.push({ query, client, isLong: false });
  }

  /** The query that is to run on the thread that is kept for short ones; `endShort` or `postpone` is to be called when that is over. */
  takeShort(): Turn<Query> | undefined {
    return this.#quick.shift() ?? takeFresh(this.#slow) ?? takeFresh(this.#halfClosed);
  }

  /**
   * The same on another thread, where nothing is to be called: slow clients first, so that quick ones, however many, do not keep them waiting.
   * @param takesQuick - also of a client whose last query was short, or that is new
   */
  takeLong(takesQuick: boolean): Turn<Query> | undefined {
    const quick = takesQuick ? this.#quick : [];
    return this.#slow.shift() ?? quick.shift() ?? this.#halfClosed.shift();
  }

  /** The query is over on the thread that is kept for short ones. */
  endShort({ client }: Turn<Query>): void {
    this.#slowClients.delete(client);
  }

  /** The query took too long there and begins again. @param isLong - on another thread only */
  postpone(turn: Turn<Query>, isLong: boolean): void {
    turn.isLong = isLong;
    this.#slowClients.add(turn.client);
    this.#slow.push(turn);
  }

  /** Takes out what waits of clients that are gone. To be called before a query is taken. */
  giveUp(): Query[] {
    for (const ring of [this.#quick, this.#slow]) this.#halfClosed.push(...takeOut(ring, isHalfClosed));
    return [this.#quick, this.#slow, this.#halfClosed].flatMap((ring) =>
      takeOut(ring, isGone).map(({ query }) => query),
    );
  }

  /** Takes out all that waits. */
  giveUpAll(): Query[] {
    return [this.#quick, this.#slow, this.#halfClosed].flatMap((ring) =>
      ring.splice(0).map(({ query }) => query),
    );
  }

  /** Takes out what has waited longest of a client that may be gone: there is no room for all. */
  giveUpHalfClosed(): Query | undefined {
    return this.#halfClosed.shift()?.query;
  }
}

const isGone = ({ client }: Turn<unknown>): boolean => client.destroyed;
const isHalfClosed = ({ client }: Turn<unknown>): boolean => client.readableEnded;

const takeFresh = <Query>(turns: Turn<Query>[]): Turn<Query> | undefined => {
  const at = turns.findIndex(({ isLong }) => !isLong);
  return at < 0 ? undefined : turns.splice(at, 1)[0];
};

const takeOut = <Query>(turns: Turn<Query>[], which: (turn: Turn<Query>) => boolean): Turn<Query>[] => {
  const taken = turns.filter(which);
  for (const turn of taken) turns.splice(turns.indexOf(turn), 1);
  return taken;
};
