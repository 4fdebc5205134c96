import { createServer, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, expect, test, vi } from "vitest";
import { tail } from "../../../cli/tail/run-tail.ts";
import { OutputClosedError } from "../../../cli/terminal/output.ts";
import { watchTrouble } from "../../../cli/terminal/tell-trouble.ts";
import { ApiClient } from "../../../common/api-client.ts";

let server: Server | undefined;
afterEach(() => {
  vi.restoreAllMocks();
  server?.closeAllConnections();
  server?.close();
});

/** Address of an API. @param findings - of each answer of `/status`; null: it fails @param live - is given the feed's response, begun */
const apiOf = async (
  findings: () => readonly object[] | null,
  live: (feed: ServerResponse) => void = () => {},
): Promise<string> => {
  server = createServer(({ url }, response) => {
    if (url === "/api/v1/status") {
      const found = findings();
      response.writeHead(found === null ? 500 : 200, { "content-type": "application/json" });
      response.end(JSON.stringify({ findings: found }));
      return;
    }
    response.writeHead(200, { "content-type": "text/event-stream" });
    response.write("retry: 2000\n\n");
    live(response);
  });
  await new Promise<void>((resolve) => server!.listen(0, "127.0.0.1", resolve));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
};

/** What is written to standard error from now on, and each time `written`. */
const errorLines = (written: (lines: readonly string[]) => void = () => {}): string[] => {
  const lines: string[] = [];
  vi.spyOn(process.stderr, "write").mockImplementation((chunk) => {
    lines.push(String(chunk));
    written(lines);
    return true;
  });
  return lines;
};

const finding = (code: string, sentence: string, listener: string | null = null) => ({
  code,
  severity: "problem",
  sentence,
  fix: null,
  listener,
});
const FULL = finding("database", "The database is FAILING: SQLITE_FULL.");
const BUSY = finding("database", "The database is FAILING: SQLITE_BUSY.");
const DOWN = finding("listener-state", "It is UNAVAILABLE: no.", "udp://127.0.0.1:1");

test("while readings are awaited it is said that the database takes nothing", async () => {
  const feed = Promise.withResolvers<ServerResponse>();
  const api = await apiOf(() => [FULL], feed.resolve);
  const said = Promise.withResolvers<string>();
  errorLines(([first]) => said.resolve(first!));
  vi.spyOn(process.stdout, "write").mockImplementation((_, done) => {
    (done as unknown as (error: Error) => void)(Object.assign(new Error("closed"), { code: "EPIPE" }));
    return false;
  });
  const ended = expect(tail({ api, format: "json" })).rejects.toThrow(OutputClosedError);
  expect(await said.promise).toMatch(
    /^The database is FAILING: SQLITE_FULL\. .*; lacuna doctor says what to do\n$/,
  );
  // what it prints is read by nobody: that ends it
  (await feed.promise).write('event: gap\ndata: {"device":"a"}\n\n');
  await ended;
});

test("what keeps the collector from hearing or storing is said when it begins, when it changes and when it is over", async () => {
  const answers = [[], [FULL], [FULL], null, [FULL, DOWN], [DOWN], [BUSY], [], []];
  const stop = new AbortController();
  const api = await apiOf(() => {
    if (answers.length === 1) stop.abort();
    return answers.shift()!;
  });
  const lines = errorLines();
  await watchTrouble(new ApiClient(api, { token: null }), stop.signal, 0);
  expect(lines.map((line) => line.replaceAll(/ Meanwhile .*/g, ""))).toEqual([
    "The database is FAILING: SQLITE_FULL.\n",
    "The database is FAILING: SQLITE_FULL.\nudp://127.0.0.1:1: It is UNAVAILABLE: no.\n",
    "udp://127.0.0.1:1: It is UNAVAILABLE: no.\n",
    "The database is FAILING: SQLITE_BUSY.\n",
    "the collector hears and stores again\n",
  ]);
});
