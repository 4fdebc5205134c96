import { setImmediate } from "node:timers/promises";
import { beforeEach, describe, expect, test } from "vitest";
import type { ReadingRow, ReadingsPage } from "../../api/sources.ts";
import { LacunaError } from "../../common/errors.ts";
import { type TestApi, testApi } from "../support/api.ts";
import { NOON_US } from "../support/fake-sources.ts";

const row = (reading: Partial<ReadingRow>): ReadingRow => ({
  timeUs: NOON_US + 123_456,
  epoch: 3,
  run: 0,
  sequence: 42,
  names: ["temperature"],
  values: [21.5],
  ...reading,
});
const page = (readings: ReadingRow[], more: Partial<ReadingsPage> = {}): ReadingsPage => ({
  readings,
  completeness: { expected: 100, received: 97, missing: 1, lost: 2, unknown: 0 },
  next: null,
  ...more,
});

let api: TestApi;
beforeEach(async () => {
  api = await testApi();
  api.sources.add({
    id: "pump-7",
    hasChannel: (name) => name !== "typo",
  });
});
const URL = "/api/v1/devices/pump-7/readings";

test("readings come with the completeness of the query", async () => {
  api.sources.page = page([row({})]);
  const { status, json, headers } = await api.get(URL);
  expect([status, headers["content-type"]]).toEqual([200, "application/json; charset=utf-8"]);
  expect(json).toEqual({
    device: "pump-7",
    readings: [
      { time: "2026-11-20T12:00:00.123456Z", epoch: 3, run: 0, seq: 42, values: { temperature: 21.5 } },
    ],
    completeness: { expected: 100, received: 97, missing: 1, lost: 2, unknown: 0, ratio: 0.97 },
    next: null,
  });
});

test("where nothing was expected the ratio is null", async () => {
  expect((await api.get(URL)).json.completeness.ratio).toBeNull();
});

test("a reading without epoch or number has nulls", async () => {
  api.sources.page = page([row({ epoch: null, sequence: null })]);
  expect((await api.get(URL)).json.readings[0]).toMatchObject({ epoch: null, seq: null });
});

test("values survive bit for bit", async () => {
  const values = [
    0.1,
    -0,
    5e-324,
    1.7976931348623157e308,
    Number.NaN,
    Number.NEGATIVE_INFINITY,
    2 ** 53,
    true,
  ];
  api.sources.page = page([row({ names: values.map((_, index) => `v${index}`), values })]);
  expect((await api.get(URL)).text).toContain(
    '"values":{"v0":0.1,"v1":-0,"v2":5e-324,"v3":1.7976931348623157e+308,"v4":"NaN","v5":"-Infinity","v6":9007199254740992,"v7":true}',
  );
});

test("names with quotes and other signs are escaped", async () => {
  api.sources.page = page([row({ names: ['a"\\\n', "__proto__"], values: [1, 2] })]);
  expect((await api.get(URL)).text).toContain('{"a\\"\\\\\\n":1,"__proto__":2}');
});

test("without parameters a query is unbounded, ascending and of 100", async () => {
  await api.get(URL);
  expect(api.sources.readingsQueries).toEqual([
    {
      device: "pump-7",
      channels: [],
      fromUs: null,
      toUs: null,
      order: "asc",
      limit: 100,
      after: null,
      damage: "tell",
    },
  ]);
});

test("every parameter reaches the reader", async () => {
  await api.get(
    `${URL}?channel=a&channel=b%2Fc&from=2026-11-20T12:00:00Z&to=2026-11-21&order=desc&limit=10000`,
  );
  expect(api.sources.readingsQueries).toEqual([
    {
      device: "pump-7",
      channels: ["a", "b/c"],
      fromUs: NOON_US,
      toUs: NOON_US + 43_200_000_000,
      order: "desc",
      limit: 10_000,
      after: null,
      damage: "tell",
    },
  ]);
});

test("one channel is a list of one", async () => {
  await api.get(`${URL}?channel=a`);
  expect(api.sources.readingsQueries[0]!.channels).toEqual(["a"]);
});

test("a channel the device never had is 404, also beside one it has; no readings are asked for", async () => {
  const { status, json } = await api.get(`${URL}?channel=a&channel=typo&format=csv`);
  expect([status, json.code, json.detail]).toEqual([
    404,
    "ERR_UNKNOWN_CHANNEL",
    'the device "pump-7" has no channel "typo"',
  ]);
  expect(api.sources.readingsQueries).toEqual([]);
});

test("a time with an offset may have its plus unescaped", async () => {
  await api.get(`${URL}?from=2026-11-20T13:00:00+01:00`);
  expect(api.sources.readingsQueries[0]!.fromUs).toBe(NOON_US);
});

test("the cursor of one order is refused in the other", async () => {
  api.sources.page = page([], { next: [1, 2] });
  const { next } = (await api.get(URL)).json;
  expect((await api.get(`${URL}?cursor=${next}`)).status).toBe(200);
  expect((await api.get(`${URL}?order=desc&cursor=${next}`)).json.parameters[0].name).toBe("cursor");
  expect(api.sources.readingsQueries[1]!.after).toEqual([1, 2]);
});

test.each([
  ["limit=10001", "limit"],
  ["order=up", "order"],
  ["format=xml", "format"],
  ["channel=", "channel"],
  [`channel=a&${"channel=b&".repeat(1024)}`, "channel"],
  ["channels=a", "channels"],
])("%s is 400 naming the parameter", async (query, name) => {
  const { status, json } = await api.get(`${URL}?${query}`);
  expect([status, json.parameters[0].name]).toEqual([400, name]);
});

describe("as CSV", () => {
  test("a header and a line per reading", async () => {
    api.sources.page = page([row({}), row({ sequence: 43, names: ["on"], values: [true] })]);
    const { text, headers } = await api.get(`${URL}?format=csv`);
    expect(headers["content-type"]).toMatch(/^text\/csv; charset=utf-8/);
    expect(text).toBe(
      "time,epoch,run,seq,temperature,on\n" +
        "2026-11-20T12:00:00.123456Z,3,0,42,21.5,\n" +
        "2026-11-20T12:00:00.123456Z,3,0,43,,true\n",
    );
  });

  test("wanted channels have a column even when the page has none of them", async () => {
    expect((await api.get(`${URL}?format=csv&channel=b&channel=a`)).text).toBe("time,epoch,run,seq,b,a\n");
  });

  test("a channel that is called like a column has another title, and no two of them the same", async () => {
    api.sources.page = page([row({ names: ["time", "channel:time", "temperature"], values: [1, 2, 3] })]);
    const { text } = await api.get(`${URL}?format=csv`);
    expect(text.split("\n")[0]).toBe("time,epoch,run,seq,temperature,channel:time,channel:channel:time");
  });

  test("names are quoted where CSV needs it, and nothing known is empty", async () => {
    api.sources.page = page([row({ epoch: null, sequence: null, names: ['a,"b"'], values: [-0] })]);
    expect((await api.get(`${URL}?format=csv&channel=a,%22b%22`)).text).toBe(
      'time,epoch,run,seq,"a,""b"""\n2026-11-20T12:00:00.123456Z,,0,,-0\n',
    );
  });

  test("completeness and the next page are in headers", async () => {
    api.sources.page = page([row({})], { next: [7] });
    const { headers } = await api.get(`${URL}?format=csv&limit=1`);
    expect(headers["lacuna-completeness"]).toBe(
      "expected=100, received=97, missing=1, lost=2, unknown=0, ratio=0.970",
    );
    const [, next] = /^<(.*)>; rel="next"$/.exec(String(headers.link))!;
    await api.get(next!);
    expect(api.sources.readingsQueries[1]).toMatchObject({ limit: 1, after: [7] });
  });

  test("a page of a device that has had very many channels is shorter: each row has a comma for all of them", async () => {
    api.sources.channelNames = Array.from({ length: 8192 }, (_, channel) => `ch${channel}`);
    api.sources.page = page([row({ names: ["ch7"] })], { next: [7] });
    await api.get(`${URL}?format=csv&limit=10000`);
    await api.get(`${URL}?format=csv&limit=10000&channel=ch7`);
    await api.get(`${URL}?format=ndjson&limit=10000`);
    expect(api.sources.readingsQueries.map(({ limit }) => limit)).toEqual([2048, 10_000, 10_000]);
  });

  test("a question mark in a channel's name stays in the link to the next page", async () => {
    api.sources.page = page([row({})], { next: [7] });
    const { headers } = await api.get(`${URL}?format=csv&limit=1&channel=is+it?really`);
    await api.get(/^<(.*)>/.exec(String(headers.link))![1]!);
    expect(api.sources.readingsQueries[1]).toMatchObject({ channels: ["is it?really"], after: [7] });
  });

  test("no ratio is claimed where nothing was expected, and none is rounded up to 1", async () => {
    expect((await api.get(`${URL}?format=csv`)).headers["lacuna-completeness"]).not.toContain("ratio");
    api.sources.page = page([], {
      completeness: { expected: 10_000, received: 9999, missing: 0, lost: 1, unknown: 0 },
    });
    expect((await api.get(`${URL}?format=csv`)).headers["lacuna-completeness"]).toContain("ratio=0.999");
  });
});

describe("as a stream, without a limit", () => {
  const pages = (): ReadingsPage[] => [
    page([row({})], { next: [1] }),
    page([row({ sequence: 43 })], { next: [2] }),
    page([]),
  ];
  const answering = (answers: ReadingsPage[]): void => {
    api.sources.pages = answers;
  };

  test("CSV has one header and the lines of every page", async () => {
    answering(pages());
    const { text, headers } = await api.get(`${URL}?format=csv`);
    expect(text).toBe(
      "time,epoch,run,seq,temperature\n2026-11-20T12:00:00.123456Z,3,0,42,21.5\n2026-11-20T12:00:00.123456Z,3,0,43,21.5\n",
    );
    expect(headers.link).toBeUndefined();
    expect(api.sources.readingsQueries.map(({ limit, after }) => [limit, after])).toEqual([
      [10_000, null],
      [10_000, [1]],
      [10_000, [2]],
    ]);
  });

  test("NDJSON has an object per line", async () => {
    answering(pages());
    const { text, headers } = await api.get(`${URL}?format=ndjson&time=us`);
    expect(headers["content-type"]).toBe("application/x-ndjson; charset=utf-8");
    expect(headers["lacuna-completeness"]).toContain("ratio=0.970");
    expect(text).toBe(
      '{"time":1795176000123456,"epoch":3,"run":0,"seq":42,"values":{"temperature":21.5}}\n' +
        '{"time":1795176000123456,"epoch":3,"run":0,"seq":43,"values":{"temperature":21.5}}\n',
    );
  });

  test("HEAD reads no more than the first page", async () => {
    answering(pages());
    const { statusCode, body, headers } = await api.app.inject({ method: "HEAD", url: `${URL}?format=csv` });
    expect([statusCode, body, headers["content-length"]]).toEqual([200, "", undefined]);
    expect(headers["lacuna-completeness"]).toContain("ratio=0.970");
    await setImmediate();
    expect(api.sources.readingsQueries).toHaveLength(1);
  });

  test("one that cannot go on has no end: nobody takes a part for the whole", async () => {
    answering([page([row({})], { next: [1] }), page([row({ names: ["renamed"] })])]);
    await expect(api.get(`${URL}?format=csv`)).rejects.toThrow(/destroyed|described/);
  });
});

describe("what is damaged in the database", () => {
  const part = { epoch: 3, run: 0, segment: 12, first: 43, last: 47, count: 5 };
  const completeness = { expected: 100, received: 92, missing: 1, lost: 2, unknown: 0, damaged: 5 };
  const damaged = () => page([row({})], { completeness, damaged: [part] });

  test("is left out and told", async () => {
    api.sources.page = damaged();
    const { json } = await api.get(URL);
    expect([json.readings.length, json.damaged, json.completeness]).toEqual([
      1,
      [part],
      { ...completeness, ratio: 0.92 },
    ]);
    expect((await api.get(`${URL}?format=csv&limit=10`)).headers["lacuna-completeness"]).toContain(
      "damaged=5, ratio=0.920",
    );
    expect((await api.get(`${URL}?min_completeness=0.95`)).json).toMatchObject({
      code: "ERR_INCOMPLETE",
      completeness: 0.92,
    });
    api.sources.page = page([row({})], { damaged: [{ ...part, count: null }] });
    expect((await api.get(`${URL}?min_completeness=0.1`)).json).toMatchObject({
      code: "ERR_INCOMPLETE",
      completeness: null,
      detail: "the completeness cannot be told: the database is damaged",
    });
  });

  test("is told of a page, and no completeness is claimed, where it is not known how much it is", async () => {
    const unknown = { ...part, first: null, last: null, count: null };
    api.sources.page = page([row({})], { damaged: [unknown] });
    const { json } = await api.get(URL);
    expect([json.completeness.ratio, json.completeness.received, json.damaged]).toEqual([
      null,
      97,
      [unknown],
    ]);
    for (const format of ["csv", "ndjson"]) {
      const header = (await api.get(`${URL}?format=${format}&limit=10`)).headers["lacuna-completeness"];
      expect(header).toBe("expected=100, received=97, missing=1, lost=2, unknown=0, damaged");
    }
    const { text } = await api.get(`${URL}?format=ndjson&limit=10&damaged=tell`);
    expect(text.trimEnd().split("\n").slice(1)).toEqual([JSON.stringify({ damaged: unknown })]);
  });

  test.each(["csv", "ndjson"])("leaves %s without an end, once all the rest is out", async (format) => {
    api.sources.pages = [{ ...damaged(), next: [1] }, page([])];
    await expect(api.get(`${URL}?format=${format}`)).rejects.toThrow(/destroyed/);
    expect(api.sources.readingsQueries).toHaveLength(2);
  });

  test("is a line of NDJSON where that is asked for, once", async () => {
    api.sources.pages = [
      { ...damaged(), next: [1] },
      { ...damaged(), next: [2] },
      page([row({ sequence: 43 })]),
    ];
    const { text } = await api.get(`${URL}?format=ndjson&time=us&damaged=tell`);
    const lines = text.trimEnd().split("\n");
    expect([lines.length, lines[1]]).toEqual([4, JSON.stringify({ damaged: part })]);
  });
});

describe("times", () => {
  test.each([
    ["rfc3339", '"2026-11-20T12:00:00.123456Z"'],
    ["us", "1795176000123456"],
    ["ms", "1795176000123.456"],
  ])("are written as %s", async (time, text) => {
    api.sources.page = page([row({})]);
    expect((await api.get(`${URL}?time=${time}`)).text).toContain(`"time":${text},`);
    expect((await api.get(`${URL}?time=${time}&format=csv`)).text).toContain(
      `\n${text.replaceAll('"', "")},3,`,
    );
  });

  test("are asked for relative to now", async () => {
    await api.get(`${URL}?from=-15m&to=now`);
    expect(api.sources.readingsQueries[0]).toMatchObject({ fromUs: NOON_US - 900_000_000, toUs: NOON_US });
  });

  test.each(["-15", "-m", "15m", "-5m5"])("%s is no time", async (from) => {
    expect((await api.get(`${URL}?from=${from}`)).json).toMatchObject({
      status: 400,
      parameters: [{ name: "from" }],
    });
  });
});

describe("min_completeness", () => {
  test("a more complete answer comes as usual", async () => {
    api.sources.page = page([row({})]);
    expect((await api.get(`${URL}?min_completeness=0.97`)).status).toBe(200);
  });

  test("a less complete one is 409 and says how complete it is", async () => {
    api.sources.page = page([row({})]);
    const { status, json } = await api.get(`${URL}?min_completeness=0.98&format=csv`);
    expect([status, json.code, json.completeness]).toEqual([409, "ERR_INCOMPLETE", 0.97]);
    expect(json.detail).toBe("the completeness is 0.97, below 0.98");
  });

  test("one of which nobody can tell is 409", async () => {
    const { status, json } = await api.get(`${URL}?min_completeness=0`);
    expect([status, json.completeness]).toEqual([409, null]);
    expect(json.detail).toContain("nothing was expected, or nothing is numbered");
  });

  test("one that is no ratio is 400", async () => {
    const { json } = await api.get(`${URL}?min_completeness=97`);
    expect(json.parameters).toEqual([
      { name: "min_completeness", detail: "accepted is a number from 0 to 1" },
    ]);
  });
});

describe("when the reader fails", () => {
  test("a database that cannot answer is 503", async () => {
    api.sources.failure = new LacunaError("ERR_READER_CLOSED", "closed");
    const { status, json } = await api.get(URL);
    expect([status, json.code]).toEqual([503, "ERR_UNAVAILABLE"]);
  });

  test("a position the reader does not know is a wrong cursor", async () => {
    api.sources.failure = new LacunaError("ERR_CURSOR", "accepted is the next of an answer");
    const { status, json } = await api.get(URL);
    expect([status, json.parameters]).toEqual([
      400,
      [{ name: "cursor", detail: "accepted is the next of an answer" }],
    ]);
  });

  test("anything else is 500 and tells nothing of the inside", async () => {
    api.sources.failure = new Error("secret path");
    const { status, json, text } = await api.get(URL);
    expect([status, json.code]).toEqual([500, "ERR_INTERNAL"]);
    expect(text).not.toContain("secret");
  });
});
