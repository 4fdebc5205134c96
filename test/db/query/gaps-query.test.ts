import Database from "better-sqlite3";
import { expect, test } from "vitest";
import { type GapPlace, placeBehind, queryGaps } from "../../../db/query/gaps-query.ts";
import { StoreBed } from "../../support/store-bed.ts";

const LIMIT = 10;
const GAPS = 100;

/** Every row of `gaps` that a query looks at is counted. */
const countLooks = (db: Database.Database): { count: number } => {
  const looks = { count: 0 };
  db.function("looked", () => {
    looks.count++;
    return 1;
  });
  db.exec("CREATE TEMP VIEW gaps AS SELECT * FROM main.gaps WHERE looked()");
  return looks;
};

test.each([
  ["asc", [1, 3], [1, 3]],
  ["desc", [1, 3], [3, 1]],
  ["asc", null, [1, 2, 3]],
  ["desc", null, [3, 2, 1]],
] as const)(
  "page after page (%s, of runs %j) brings every gap once, and looks at each once",
  (order, runs, inOrder) => {
    using bed = new StoreBed();
    bed.closing(bed.writer());
    const db = bed.closing(new Database(bed.file));
    db.exec(
      `INSERT INTO gaps (run_no, first, last, state, cause, opened_at, closed_at, requests, time_before, time_after)
     WITH RECURSIVE numbers (number) AS (SELECT 0 UNION ALL SELECT number + 2 FROM numbers WHERE number < ${2 * (GAPS - 1)})
     SELECT column1, number, number, 'lost', 'network', 1, 1, 0, 0, 0 FROM numbers, (VALUES (1), (2), (3))`,
    );
    const looks = countLooks(db);
    const found: [run: number, first: number][] = [];
    let pages = 0;
    for (let after: GapPlace | null | undefined = null; after !== undefined; pages++) {
      const filters = { state: null, cause: null, fromUs: null, toUs: null };
      const records = queryGaps(db, { runs, ...filters, order, limit: LIMIT, after });
      const page = records.slice(0, LIMIT);
      found.push(...page.map(({ run, first }): [number, number] => [run, first]));
      after = records.length > LIMIT ? placeBehind(page.at(-1)!, order) : undefined;
    }
    const numbers = Array.from({ length: GAPS }, (_, index) => 2 * index);
    if (order === "desc") numbers.reverse();
    expect(found).toEqual(inOrder.flatMap((run) => numbers.map((number) => [run, number])));
    // of each page the row that tells of a next one, and that of the place from which it begins
    expect(looks.count).toBeLessThanOrEqual(found.length + 3 * pages);
  },
);
