import { beforeEach, describe, expect, test } from "vitest";
import { CAUSE, ROW, ROW_FLAG } from "../../../protocol/ledger-row.ts";
import { freshApi, type TestApi, testApi } from "../../support/api.ts";
import { NOON_US, rowOf, runOf, usualRow } from "../../support/fake-sources.ts";
import { ManualClock } from "../../support/manual-clock.ts";

/** A device of 100 numbers, some of them lost, heard some seconds before noon. */
const device = (id: string, lost: number, silentSeconds: number) => {
  const row = usualRow();
  row[ROW.LOST + CAUSE.QUEUE_OVERFLOW] = lost;
  row[ROW.IN_ORDER] = 97 - lost;
  row[ROW.LAST_ARRIVAL] = NOON_US - silentSeconds * 1e6;
  return { id, runs: [runOf({ row })] };
};

let api: TestApi;
beforeEach(async () => {
  api = await testApi();
  // the table of all devices is made anew once a second
  api.clock.advanceMs(1001);
  api.clock.stepWallUs(NOON_US - api.clock.wallUs());
  api.sources.add(device("b-pump", 5, 1), device("a-fan", 2, 100), device("C-Pump", 9, 4));
});

const page = async (query: string): Promise<{ ids: string[]; next: string | null }> => {
  const { json } = await api.get(`/api/v1/devices?${query}`);
  return { ids: json.devices.map(({ id }: { id: string }) => id), next: json.next };
};
const pages = async (query: string, between: () => void = () => {}): Promise<string[]> => {
  const ids: string[] = [];
  let cursor = "";
  for (;;) {
    const { ids: more, next } = await page(`${query}&limit=1${cursor}`);
    ids.push(...more);
    if (next === null) return ids;
    cursor = `&cursor=${next}`;
    between();
  }
};

describe("filters", () => {
  test.each([
    ["status=online", ["b-pump"]],
    ["status=offline", ["a-fan"]],
    ["search=PUMP", ["C-Pump", "b-pump"]],
    ["max_completeness=0.95", ["C-Pump", "b-pump"]],
    ["min_completeness=0.92&max_completeness=0.95", ["b-pump"]],
    ["from=-10s", ["C-Pump", "b-pump"]],
    ["to=-10s", ["a-fan"]],
    ["from=-4s", ["C-Pump", "b-pump"]],
    ["to=-4s", ["a-fan"]],
    ["search=pump&status=stale", ["C-Pump"]],
  ])("%s", async (query, ids) => {
    expect((await page(query)).ids).toEqual(ids);
  });
});

test.each(["min_completeness=0", "max_completeness=1"])(
  "a device of which no number is known has no completeness, and is in no list by %s",
  async (query) => {
    api.sources.add({
      id: "d-fan",
      runs: [runOf({ row: rowOf({ FLAGS: ROW_FLAG.UNSEQUENCED, UNSEQUENCED: 3 }) })],
    });
    expect((await page("")).ids).toEqual(["C-Pump", "a-fan", "b-pump", "d-fan"]);
    expect((await page(query)).ids).toEqual(["C-Pump", "a-fan", "b-pump"]);
  },
);

describe("order", () => {
  test.each([
    ["sort=completeness", ["C-Pump", "b-pump", "a-fan"]],
    ["sort=completeness&order=desc", ["a-fan", "b-pump", "C-Pump"]],
    ["sort=lastSeen&order=desc", ["b-pump", "C-Pump", "a-fan"]],
    ["sort=id&order=desc", ["b-pump", "a-fan", "C-Pump"]],
  ])("%s, also page by page", async (query, ids) => {
    expect((await page(query)).ids).toEqual(ids);
    expect(await pages(query)).toEqual(ids);
  });

  test("pages lose and repeat nothing while what they are sorted by changes and devices come", async () => {
    let turn = 0;
    const ids = await pages("sort=lastSeen", () => {
      api.clock.advanceMs(2000);
      api.sources.add(device("a-fan", 2, turn++), device("b-pump", 5, 90 * turn), device("new", 0, 200));
    });
    expect(ids).toEqual(["a-fan", "C-Pump", "b-pump"]);
  });

  test("a device that went meanwhile is left out, the others are there", async () => {
    expect(await pages("sort=completeness", () => api.sources.remove("b-pump"))).toEqual(["C-Pump", "a-fan"]);
  });
});

test("a page goes on with the same query, whatever the order of its parameters", async () => {
  const first = await api.get("/api/v1/devices?sort=lost&order=desc&limit=1");
  const cursor = `cursor=${first.json.next}`;
  const second = await api.get(`/api/v1/devices?${cursor}&limit=1&order=desc&sort=lost`);
  expect(second.status, second.text).toBe(200);
  expect(second.json.devices).toHaveLength(1);
});

test("a cursor belongs to its query, and a list that is kept no more says so", async () => {
  const { next } = await page("sort=completeness&limit=1");
  const wrong = await api.get(`/api/v1/devices?sort=id&limit=1&cursor=${next}`);
  expect([wrong.status, wrong.json.parameters[0].name]).toEqual([400, "cursor"]);
  for (let list = 0; list < 20; list++) await page(`sort=id&search=${"pump".slice(list % 4)}&limit=1`);
  const gone = await api.get(`/api/v1/devices?sort=completeness&limit=1&cursor=${next}`);
  expect([gone.status, gone.json.detail]).toEqual([400, expect.stringContaining("kept no more")]);
});

test("a list of the process before is not taken for one that was begun since a restart", async () => {
  const query = "/api/v1/devices?sort=lost&limit=1";
  const [before, restarted] = [
    await freshApi(),
    await freshApi({ clock: new ManualClock(NOON_US + 1_000_000) }),
  ];
  for (const { sources } of [before, restarted]) sources.add(device("pump", 5, 1), device("fan", 2, 1));
  const { next } = (await before.get(query)).json;
  // by somebody else
  await restarted.get(query);
  const { status, json } = await restarted.get(`${query}&cursor=${next}`);
  expect([status, json.detail]).toEqual([400, expect.stringContaining("kept no more")]);
});

describe("lists are kept side by side", () => {
  const begun = async (search: string): Promise<() => Promise<number>> => {
    const query = `/api/v1/devices?sort=lost&search=${search}&limit=1`;
    const { next } = (await api.get(query)).json;
    expect(next).not.toBeNull();
    return async () => (await api.get(`${query}&cursor=${next}`)).status;
  };

  test("up to 16, then the one goes that was used longest ago", async () => {
    const goOn: (() => Promise<number>)[] = [];
    const searches = [
      "p",
      "pu",
      "pum",
      "pump",
      "u",
      "um",
      "ump",
      "m",
      "mp",
      "-",
      "-p",
      "-pu",
      "-pum",
      "-pump",
    ];
    for (const search of [...searches, "P", "U"]) goOn.push(await begun(search));
    expect(await goOn[0]!()).toBe(200);
    goOn.push(await begun("M"));
    const statuses = [];
    for (const ask of goOn) statuses.push(await ask());
    expect(statuses).toEqual([200, 400, ...Array(15).fill(200)]);
  });

  test("for five minutes after their last page", async () => {
    const [one, other] = [await begun("p"), await begun("u")];
    api.clock.advanceMs(200_000);
    expect(await other()).toBe(200);
    api.clock.advanceMs(200_000);
    await begun("m");
    expect([await one(), await other()]).toEqual([400, 200]);
    api.clock.advanceMs(300_000);
    const third = await begun("m");
    expect(await third()).toBe(200);
    api.clock.advanceMs(1);
    const stillThere = await begun("mp");
    expect([await other(), await third(), await stillThere()]).toEqual([400, 200, 200]);
  });
});
