import { setImmediate } from "node:timers/promises";
import { beforeEach, describe, expect, test } from "vitest";
import { LacunaError } from "../../common/errors.ts";
import { CAUSES } from "../../protocol/ledger-row.ts";
import { freshApi, type TestApi, testApi } from "../support/api.ts";
import { NOON_US } from "../support/fake-sources.ts";

const gap = {
  device: "pump-7",
  epoch: 3,
  run: 0,
  first: 12,
  last: 14,
  state: "lost",
  cause: "queue-overflow",
  openedAtUs: NOON_US - 1_000_000,
  closedAtUs: NOON_US - 750_000,
  filledAtUs: null,
  arrival: null,
  requests: 0,
} as const;

let api: TestApi;
beforeEach(async () => {
  api = await testApi();
  api.sources.add({ id: "pump-7" });
});

test("a gap is shown with its count and its times", async () => {
  api.sources.gapPage = { gaps: [{ ...gap }], next: null };
  expect((await api.get("/api/v1/gaps")).json).toEqual({
    gaps: [
      {
        device: "pump-7",
        epoch: 3,
        run: 0,
        first: 12,
        last: 14,
        count: 3,
        state: "lost",
        cause: "queue-overflow",
        openedAt: "2026-11-20T11:59:59.000000Z",
        closedAt: "2026-11-20T11:59:59.250000Z",
        filledAt: null,
        arrival: null,
        requests: 0,
      },
    ],
    next: null,
  });
});

test("an open gap has neither cause nor end", async () => {
  api.sources.gapPage = {
    gaps: [{ ...gap, epoch: null, state: "open", cause: null, closedAtUs: null }],
    next: null,
  };
  expect((await api.get("/api/v1/gaps")).json.gaps[0]).toMatchObject({
    epoch: null,
    cause: null,
    closedAt: null,
  });
});

test("a filled gap keeps its cause and says when and how its numbers came", async () => {
  api.sources.gapPage = {
    gaps: [{ ...gap, state: "filled", filledAtUs: NOON_US, arrival: "recovered", requests: 2 }],
    next: null,
  };
  expect((await api.get("/api/v1/gaps")).json.gaps[0]).toMatchObject({
    state: "filled",
    cause: "queue-overflow",
    closedAt: "2026-11-20T11:59:59.250000Z",
    filledAt: "2026-11-20T12:00:00.000000Z",
    arrival: "recovered",
    requests: 2,
  });
});

test("the gaps of all devices are filtered by device, one that nobody knows has none", async () => {
  await api.get("/api/v1/gaps?device=pump-7&state=open");
  expect(api.sources.gapsQueries[0]).toMatchObject({ device: "pump-7", state: "open" });
  expect((await api.get("/api/v1/gaps?device=nobody")).json).toEqual({ gaps: [], next: null });
});

test("without parameters a query has no filter and the usual limit", async () => {
  await api.get("/api/v1/gaps");
  expect(api.sources.gapsQueries).toEqual([
    {
      device: null,
      state: null,
      cause: null,
      fromUs: null,
      toUs: null,
      order: "asc",
      limit: 100,
      after: null,
    },
  ]);
});

test("filters reach the reader", async () => {
  await api.get(
    "/api/v1/devices/pump-7/gaps?state=lost&cause=collector-down&from=2026-11-20&to=2026-11-20T12:00:00.5Z&limit=7",
  );
  expect(api.sources.gapsQueries).toEqual([
    {
      device: "pump-7",
      state: "lost",
      cause: "collector-down",
      fromUs: NOON_US - 43_200_000_000,
      toUs: NOON_US + 500_000,
      limit: 7,
      order: "asc",
      after: null,
    },
  ]);
});

test("a cursor brings the reader back to where it was", async () => {
  api.sources.gapPage = { gaps: [], next: [1_795_176_000_000_000, "x", null] };
  const { next } = (await api.get("/api/v1/gaps")).json;
  await api.get(`/api/v1/gaps?cursor=${next}`);
  expect(api.sources.gapsQueries[1]!.after).toEqual([1_795_176_000_000_000, "x", null]);
});

test("the gaps of a device that is not there are 404", async () => {
  expect((await api.get("/api/v1/devices/nobody/gaps")).json.code).toBe("ERR_UNKNOWN_DEVICE");
});

describe("wrong parameters are 400 and named", () => {
  test.each([
    ["order=up", "order", "accepted is one of asc, desc"],
    ["state=closed", "state", "accepted is one of open, lost, filled"],
    ["cause=rain", "cause", `accepted is one of ${CAUSES.join(", ")}`],
    ["from=yesterday", "from", "accepted is RFC 3339"],
    ["from=2026-02-30", "from", "accepted is RFC 3339"],
    ["to=1795176000", "to", "accepted is RFC 3339"],
    ["from=2026-11-21&to=2026-11-20", "to", "accepted is a time not before `from`"],
    ["limit=0", "limit", "accepted is an integer from 1 to 1000"],
    ["limit=1001", "limit", "accepted is an integer from 1 to 1000"],
    ["limit=1.5", "limit", "accepted is an integer from 1 to 1000"],
    ["limit=", "limit", "accepted is an integer from 1 to 1000"],
    ["limit=5&limit=6", "limit", "accepted is an integer from 1 to 1000, given once"],
    ["state=open&state=lost", "state", "accepted is one of open, lost, filled"],
    [
      "from=2026-11-20&from=2026-11-21",
      "from",
      "a duration before it such as -15m; inclusive, by when gaps were lost or filled for good, given once",
    ],
    ["cursor=", "cursor", "accepted is `next`"],
    ["cursor=nonsense", "cursor", "accepted is the `next`"],
    ["cursor=W10", "cursor", "accepted is the `next`"],
    ["colour=red", "colour", "this parameter is unknown here"],
    ["__proto__=1", "__proto__", "this parameter is unknown here"],
  ])("%s", async (query, name, detail) => {
    const { status, json } = await api.get(`/api/v1/gaps?${query}`);
    expect(status).toBe(400);
    expect(json).toMatchObject({ code: "ERR_PARAMETER", status: 400, title: "Bad Request" });
    expect(json.parameters).toEqual([{ name, detail: expect.stringContaining(detail) }]);
    expect(json.detail).toContain(name);
  });

  test("all of them at once", async () => {
    const { json } = await api.get("/api/v1/gaps?limit=0&state=x&colour=red");
    expect(json.parameters.map(({ name }: { name: string }) => name).sort()).toEqual([
      "colour",
      "limit",
      "state",
    ]);
  });
});

describe("as CSV", () => {
  const HEADER =
    "device,epoch,run,first,last,count,state,cause,openedAt,closedAt,filledAt,arrival,requests\n";
  const line = (first: number): string =>
    `pump-7,3,0,${first},14,${15 - first},lost,queue-overflow,2026-11-20T11:59:59.000000Z,2026-11-20T11:59:59.250000Z,,,0\n`;

  test.each(["/api/v1/gaps", "/api/v1/devices/pump-7/gaps"])("%s streams all there are", async (path) => {
    api.sources.gapPages = [
      { gaps: [gap, { ...gap, first: 13 }], next: [1, 13] },
      { gaps: [{ ...gap, first: 14 }], next: null },
    ];
    const { text, headers } = await api.get(`${path}?format=csv`);
    expect(text).toBe(HEADER + line(12) + line(13) + line(14));
    expect(headers["content-type"]).toBe("text/csv; charset=utf-8; header=present");
    expect(api.sources.gapsQueries.map(({ after }) => after)).toEqual([null, [1, 13]]);
  });

  test("one that fails before anything of it is out, as compression keeps it back, is an error that can be read", async () => {
    const { app, sources } = await freshApi();
    const page = { gaps: [gap], next: [1, 13] };
    sources.reader.gaps = async ({ after }) => {
      if (after === null) return page;
      throw new LacunaError("ERR_READER_GONE", "gone");
    };
    const headers = { "accept-encoding": "br" };
    const answer = await app.inject({ url: "/api/v1/gaps?format=csv", headers });
    expect([answer.statusCode, answer.headers["content-encoding"]]).toEqual([503, undefined]);
    expect(answer.json()).toMatchObject({ code: "ERR_UNAVAILABLE" });
  });

  test("HEAD reads no more than the first page", async () => {
    api.sources.gapPages = [
      { gaps: [gap], next: [1, 13] },
      { gaps: [{ ...gap, first: 14 }], next: null },
    ];
    const { statusCode, body } = await api.app.inject({ method: "HEAD", url: "/api/v1/gaps?format=csv" });
    expect([statusCode, body]).toEqual([200, ""]);
    await setImmediate();
    expect(api.sources.gapsQueries).toHaveLength(1);
  });

  test("has a header also when there are none, and empty cells for what is null", async () => {
    expect((await api.get("/api/v1/gaps?format=csv")).text).toBe(HEADER);
    api.sources.gapPage = {
      gaps: [{ ...gap, device: 'hall "3"', epoch: null, state: "open", cause: null, closedAtUs: null }],
      next: null,
    };
    const { text } = await api.get("/api/v1/gaps?format=csv");
    expect(text).toBe(`${HEADER}"hall ""3""",,0,12,14,3,open,,2026-11-20T11:59:59.000000Z,,,,0\n`);
  });

  test("with a limit is one page, and the next one is in Link", async () => {
    api.sources.gapPage = { gaps: [gap], next: [1, 14] };
    const { text, headers } = await api.get("/api/v1/gaps?format=csv&limit=1");
    expect(text).toBe(HEADER + line(12));
    const [, url] = /^<(.+)>; rel="next"$/.exec(String(headers.link))!;
    api.sources.gapPage = { gaps: [gap], next: null };
    const last = await api.get(url!);
    expect(api.sources.gapsQueries.at(-1)).toMatchObject({ after: [1, 14], limit: 1 });
    expect(last.headers.link).toBeUndefined();
  });
});
