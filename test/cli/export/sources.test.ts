import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import fc from "fast-check";
import { afterEach, describe, expect, test } from "vitest";
import { csvText } from "../../../api/answers/csv-text.ts";
import { DamageTold } from "../../../api/answers/damage-told.ts";
import type { ReadingRow } from "../../../api/sources.ts";
import { apiExportSource } from "../../../cli/export/api-source.ts";
import { csvCells } from "../../../cli/export/csv-cells.ts";
import { databaseExportSource } from "../../../cli/export/database-source.ts";
import type { ExportPage, ExportQuery, ExportSource } from "../../../cli/export/source.ts";
import { ApiClient } from "../../../common/api-client.ts";
import { ROW_FLAG } from "../../../protocol/ledger-row.ts";
import { IngestModel } from "../../support/ingest-model.ts";
import { spoilFlushes } from "../../support/spoil-segments.ts";
import { StoreBed } from "../../support/store-bed.ts";

const QUERY: ExportQuery = { channels: [], fromUs: null, toUs: null };

const rowsOf = async (source: ExportSource, device: string, query = QUERY): Promise<ReadingRow[]> => {
  const rows: ReadingRow[] = [];
  for await (const page of source.readings(device, query)) rows.push(...page.rows);
  return rows;
};

test("the cells of a CSV header are the names that were written", () => {
  fc.assert(
    fc.property(fc.array(fc.string(), { minLength: 1 }), (names) => {
      expect(csvCells(`${names.map(csvText).join(",")}\n1,2\n`)).toEqual(names);
    }),
  );
});

describe("over HTTP", () => {
  const closing: (() => void)[] = [];
  afterEach(() => {
    for (const close of closing.splice(0)) close();
  });
  const api = async (
    answer: (request: IncomingMessage, response: ServerResponse) => void,
    signal = new AbortController().signal,
  ): Promise<ExportSource> => {
    const server = createServer((request, response) => {
      const isCsv = request.url!.includes("format=csv");
      response.setHeader("content-type", isCsv ? "text/csv" : "application/x-ndjson");
      answer(request, response);
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    closing.push(() => {
      server.closeAllConnections();
      server.close();
    });
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    return apiExportSource(new ApiClient(url, { token: null }), signal);
  };
  const LINE = '{"time":1000,"epoch":null,"run":0,"seq":1,"values":{"a":-0,"b":"NaN","c":true}}\n';

  test("lines become readings bit for bit, with the completeness of the header", async () => {
    const urls: unknown[] = [];
    const source = await api((request, response) => {
      urls.push(request.url);
      response.setHeader(
        "lacuna-completeness",
        "expected=5, received=4, missing=0, lost=1, unknown=0, ratio=0.800",
      );
      response.end(LINE + LINE);
    });
    const query = {
      channels: ["a", "b c"],
      fromUs: 1_795_176_000_000_000,
      toUs: 1_795_176_060_000_000,
    };
    expect(await rowsOf(source, "hall/3", query)).toEqual(
      Array(2).fill({
        timeUs: 1000,
        epoch: null,
        run: 0,
        sequence: 1,
        names: ["a", "b", "c"],
        values: [-0, Number.NaN, true],
      }),
    );
    for await (const { completeness } of source.readings("d", QUERY))
      expect(completeness).toEqual({ expected: 5, received: 4 });
    expect(urls[0]).toBe(
      "/api/v1/devices/hall%2F3/readings?format=ndjson&time=us&damaged=tell&channel=a&channel=b+c&from=2026-11-20T12%3A00%3A00.000000Z&to=2026-11-20T12%3A01%3A00.000000Z",
    );
  });

  test("lines that tell what is damaged are no readings", async () => {
    const part = { epoch: 3, run: 0, segment: 12, first: 5, last: 9, count: 5 };
    const source = await api((_, response) => {
      response.setHeader(
        "lacuna-completeness",
        "expected=8, received=1, missing=0, lost=1, unknown=0, damaged=6",
      );
      response.end(`${LINE}${JSON.stringify({ damaged: part })}\n`);
    });
    const pages: ExportPage[] = [];
    for await (const page of source.readings("d", QUERY)) pages.push(page);
    expect(pages.flatMap(({ rows }) => rows)).toHaveLength(1);
    expect(pages.flatMap(({ damaged = [] }) => damaged)).toEqual([part]);
    expect(pages[0]!.completeness).toEqual({ expected: 8, received: 7 });
  });

  test("a body that is cut off is an error", async () => {
    const source = await api((_, response) => {
      response.write(LINE, () => response.destroy());
    });
    await expect(rowsOf(source, "d")).rejects.toMatchObject({ code: "ERR_EXPORT_CUT" });
    const half = await api((_, response) => response.end(LINE.slice(0, 20)));
    await expect(rowsOf(half, "d")).rejects.toMatchObject({ code: "ERR_EXPORT_CUT" });
  });

  test("a device nobody knows has no names and no page; any other error is one, a channel renamed meanwhile too", async () => {
    const source = await api((_, response) => {
      response.writeHead(404).end("{}");
    });
    expect([await source.channelNames("d"), await rowsOf(source, "d")]).toEqual([null, []]);
    const failing = await api((_, response) => {
      response.writeHead(500).end("{}");
    });
    await expect(failing.channelNames("d")).rejects.toMatchObject({ status: 500 });
    const renamed = await api((_, response) => {
      response.writeHead(404).end('{"code":"ERR_UNKNOWN_CHANNEL"}');
    });
    await expect(rowsOf(renamed, "d")).rejects.toMatchObject({ status: 404 });
  });

  test.each([429, 503])("one that is busy (%i) is asked again", async (status) => {
    let isBusy = false;
    const source = await api((request, response) => {
      isBusy = !isBusy;
      if (isBusy) response.writeHead(status, { "retry-after": "0" }).end("{}");
      else response.end(request.url!.includes("csv") ? "time,epoch,run,seq,a\n" : LINE);
    });
    expect([await source.channelNames("d"), (await rowsOf(source, "d")).length]).toEqual([["a"], 1]);
  });

  test.each([
    ["devices", (source: ExportSource) => source.devices()],
    ["names", (source: ExportSource) => source.channelNames("d")],
    ["readings", (source: ExportSource) => rowsOf(source, "d")],
  ])("what is on its way is given up when it is to stop: %s", async (_what, ask) => {
    const stop = new AbortController();
    const source = await api(() => stop.abort(), stop.signal);
    await expect(ask(source)).rejects.toThrow(/aborted/);
  });

  test("names come from the header of the device's CSV", async () => {
    const source = await api((_, response) =>
      response.end(
        'time,epoch,run,seq,temperature,"a,b",channel:time,channel:channel:time\n1,,0,1,2,3,4,5\n',
      ),
    );
    expect(await source.channelNames("d")).toEqual(["temperature", "a,b", "time", "channel:time"]);
  });
});

test("a database file gives every reading, page after page, and the names of every epoch", async () => {
  using bed = new StoreBed();
  const model = new IngestModel();
  const device = model.device("pump");
  const run = model.run(device, 1, 0, ROW_FLAG.CURRENT);
  model.describe(device, 1, 1, "temperature", "Cel");
  const writer = bed.closing(bed.writer());
  for (let sequence = 0; sequence < 25_000; sequence++) {
    if (sequence !== 7)
      model.receive(run, sequence, [{ channel: 1, value: sequence, timeUs: sequence }], sequence);
    if (sequence % 1000 === 999) {
      writer.accept(model.seal());
      writer.flush();
    }
  }
  const source = databaseExportSource(bed.file);
  try {
    expect([await source.devices(), await source.channelNames("pump")]).toEqual([["pump"], ["temperature"]]);
    const rows = await rowsOf(source, "pump");
    expect(rows.map(({ sequence }) => sequence)).toEqual(
      Array.from({ length: 25_000 }, (_, sequence) => sequence).filter((sequence) => sequence !== 7),
    );
    expect(await rowsOf(source, "pump", { ...QUERY, fromUs: 10, toUs: 12 })).toHaveLength(2);
    expect([await source.channelNames("nobody"), await rowsOf(source, "nobody")]).toEqual([null, []]);
  } finally {
    source.close();
  }
});

test("damaged blocks are left out and told, over pages and by whichever source; all else comes", async () => {
  using bed = new StoreBed();
  const model = new IngestModel();
  const run = model.run(model.device("pump"), 1, 0, ROW_FLAG.CURRENT);
  const writer = bed.closing(bed.writer());
  for (let sequence = 0; sequence < 25_000; sequence++) {
    model.receive(run, sequence, [{ channel: 1, value: sequence, timeUs: sequence }], sequence);
    if (sequence % 1000 !== 999) continue;
    writer.accept(model.seal());
    writer.flush();
  }
  spoilFlushes(bed.file, [3, 12, 13]);
  const damaged = [3, 12, 13].map((segment) => ({
    epoch: 1,
    run: 0,
    segment,
    first: null,
    last: null,
    count: 1000,
  }));
  const isLeft = (sequence: number): boolean => ![2, 11, 12].includes(Math.floor(sequence / 1000));
  const left = Array.from({ length: 25_000 }, (_, sequence) => sequence).filter(isLeft);
  const source = databaseExportSource(bed.file);
  const told = new DamageTold();
  const sequences: (number | null)[] = [];
  try {
    for await (const page of source.readings("pump", QUERY)) {
      sequences.push(...page.rows.map(({ sequence }) => sequence));
      expect(page.completeness).toEqual({ expected: 25_000, received: 25_000 });
      expect(damaged).toEqual(expect.arrayContaining(told.news(page.damaged)));
    }
    expect([sequences, told.count]).toEqual([left, 3]);
    expect(await source.channelNames("pump")).toEqual(["ch1"]);
  } finally {
    source.close();
  }
});
