import { afterAll, beforeAll, expect, test } from "vitest";
import * as texts from "../../api/answers/answer-texts.ts";
import { buildApp } from "../../api/app.ts";
import type { App } from "../../api/context.ts";
import type { Sources } from "../../api/sources.ts";
import { openReadOnly } from "../../db/read-only.ts";
import type { Writer } from "../../db/writer/writer.ts";
import { ROW_FLAG } from "../../protocol/ledger-row.ts";
import type { Json } from "../support/api.ts";
import { FakeSources } from "../support/fake-sources.ts";
import { IngestModel, type ModelRun } from "../support/ingest-model.ts";
import { StoreBed, viewOf } from "../support/store-bed.ts";

const DEVICES = 12;
const bed = new StoreBed();
let app: App;
let model: IngestModel;
let writer: Writer;
let runs: ModelRun[];
afterAll(async () => {
  await app.close();
  bed[Symbol.dispose]();
});

const flush = (): void => {
  writer.accept(model.seal());
  writer.flush();
};

const receive = (run: ModelRun, sequence: number): void =>
  model.receive(run, sequence, [{ channel: 1, value: sequence, timeUs: model.nowUs }]);

const addDevice = (id: string): void => {
  const device = model.device(id);
  const run = model.run(device, 1, 0, ROW_FLAG.CURRENT);
  runs.push(run);
  // every third number is absent
  for (let sequence = 0; sequence < 30; sequence++) if (sequence % 3 !== 1) receive(run, sequence);
  model.close(run);
  model.event(device, "restart");
};

/** The reader looks at the database as it is at each question. */
const readerOf = (file: string): Sources["reader"] =>
  new Proxy({} as Sources["reader"], {
    get:
      (_, name: keyof Sources["reader"]) =>
      async (...query: unknown[]) => {
        const store = openReadOnly(file, { texts });
        try {
          return await (store.reader[name] as (...query: unknown[]) => unknown)(...query);
        } finally {
          store.close();
        }
      },
  });

beforeAll(async () => {
  writer = bed.closing(bed.writer());
  model = new IngestModel();
  runs = [];
  for (let index = 0; index < DEVICES; index++) addDevice(`device-${index}`);
  flush();
  const fake = new FakeSources();
  const sources = Object.assign(fake, { ledger: viewOf(writer), reader: readerOf(bed.file) }) as Sources;
  app = await buildApp(sources, { version: "1.2.3", clock: bed.clock, startedAtUs: 0, startedAtMs: 0 });
});

let step = 0;
/** Devices, numbers, gaps and events come; absent numbers come after all. */
const change = (): void => {
  step++;
  addDevice(`device-${step % DEVICES}-more-${step}`);
  const run = runs[step % DEVICES]!;
  const next = Math.max(...run.received) + 1;
  receive(run, next);
  receive(run, next + 3);
  receive(run, [...run.lost.keys()][step % 3]!);
  if (step % 2 === 0) model.close(run);
  flush();
};

const get = async (url: string): Promise<Json> => {
  const answer = await app.inject(url);
  expect(answer.statusCode, answer.body).toBe(200);
  return answer.json();
};

/** What is one and the same item, whatever else of it changes. */
const LISTS: [path: string, member: string, key: (item: Json) => string, most: number][] = [
  ["/devices?", "devices", ({ id }) => id, 1000],
  ["/devices?sort=lost&order=desc", "devices", ({ id }) => id, 1000],
  ["/devices?max_completeness=0.9&search=device", "devices", ({ id }) => id, 1000],
  ["/latest?", "devices", ({ id }) => id, 1000],
  ["/gaps?", "gaps", (gap) => `${gap.device} ${gap.first}-${gap.last} ${gap.state}`, 1000],
  ["/gaps?order=desc", "gaps", (gap) => `${gap.device} ${gap.first}-${gap.last} ${gap.state}`, 1000],
  ["/gaps?state=lost", "gaps", (gap) => `${gap.device} ${gap.first}-${gap.last}`, 1000],
  ["/devices/device-3/gaps?", "gaps", ({ first, last, state }) => `${first}-${last} ${state}`, 1000],
  ["/events?", "events", ({ event }) => event, 1000],
  ["/events?order=asc", "events", ({ event }) => event, 1000],
  ["/devices/device-3/readings?", "readings", ({ run, seq }) => `${run} ${seq}`, 10_000],
  ["/devices/device-3/readings?order=desc", "readings", ({ run, seq }) => `${run} ${seq}`, 10_000],
];

test.each(LISTS)("%s: pages lose and repeat nothing while it changes", async (path, member, key, most) => {
  const url = `/api/v1${path}`;
  const all = async (): Promise<string[]> => (await get(`${url}&limit=${most}`))[member].map(key);
  const before = await all();
  const seen: string[] = [];
  const limit = Math.ceil(before.length / 5);
  let cursor: string | null = null;
  let pages = 0;
  do {
    const page: Json = await get(`${url}&limit=${limit}${cursor === null ? "" : `&cursor=${cursor}`}`);
    seen.push(...page[member].map(key));
    cursor = page.next;
    if (pages++ < 5) change();
  } while (cursor !== null);
  const after = new Set(await all());
  expect(pages).toBeGreaterThan(2);
  expect(new Set(seen).size).toBe(seen.length);
  expect(before.filter((item) => after.has(item) && !seen.includes(item))).toEqual([]);
});

const SCOPES = [
  ...["/devices?", "/devices?sort=lost&order=desc", "/devices?sort=lost&order=asc", "/latest?", "/gaps?"],
  ...[
    "/gaps?order=desc",
    "/devices/device-3/gaps?",
    "/devices/device-4/gaps?",
    "/events?",
    "/events?order=asc",
  ],
  ...["/devices/device-3/readings?", "/devices/device-3/readings?order=desc", "/devices/device-4/readings?"],
];

test.each(SCOPES)("%s goes on with a cursor of its own only", async (path) => {
  const { next } = await get(`/api/v1${path}&limit=1`);
  for (const other of [...SCOPES, "/devices/device-3/received?"]) {
    const answer = await app.inject(`/api/v1${other}&limit=1&cursor=${next}`);
    expect([other, answer.statusCode]).toEqual([other, other === path ? 200 : 400]);
    if (other !== path) expect(answer.json().parameters).toMatchObject([{ name: "cursor" }]);
  }
});

test.each([[], [{}], [true], [[1]]])(
  "a cursor that somebody has made is refused, not asked: %j",
  async (...place) => {
    for (const [path, scope] of [
      ["/devices?", "devices"],
      ["/gaps?", "gaps asc "],
      ["/devices/device-3/readings?", "readings-asc device-3"],
      ["/devices/device-3/received?", "received  device-3"],
    ] as const) {
      const cursor = Buffer.from(JSON.stringify([scope, ...place])).toString("base64url");
      const answer = await app.inject(`/api/v1${path}&cursor=${cursor}`);
      expect([path, answer.statusCode]).toEqual([path, 400]);
    }
  },
);
