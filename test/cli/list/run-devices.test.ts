import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, expect, test, vi } from "vitest";
import { devices } from "../../../cli/list/run-devices.ts";

let server: Server | undefined;
afterEach(() => {
  server?.closeAllConnections();
  server?.close();
});

/** Address of an API that has these devices, and has found this. @param asked - is told which lists are asked for */
const apiOf = async (
  list: readonly object[],
  { findings = [], asked }: { findings?: readonly object[]; asked?: (url: string) => void } = {},
): Promise<string> => {
  server = createServer(({ url }, response) => {
    response.setHeader("content-type", "application/json");
    if (url === "/api/v1/status") {
      response.end(JSON.stringify({ findings }));
      return;
    }
    asked?.(url!);
    response.end(JSON.stringify({ devices: list, next: null }));
  });
  await new Promise<void>((resolve) => server!.listen(0, "127.0.0.1", resolve));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
};

const printed = async (given: Parameters<typeof devices>[0]): Promise<string> => {
  let text = "";
  const write = vi.spyOn(process.stdout, "write").mockImplementation((chunk, done) => {
    text += chunk;
    (done as unknown as () => void)();
    return true;
  });
  await devices(given);
  write.mockRestore();
  return text;
};

const device = (id: string, ledger: object, silence: { status?: string; announced?: string } = {}) => ({
  id,
  status: "online",
  announced: null,
  lastSeen: "2026-11-20T12:00:00.123456Z",
  rateHz: 2,
  ledger,
  ...silence,
});

test("what a device without numbers has lost is not known, of the others it is a number", async () => {
  const list = [
    device("bare", { expected: 0, completeness: null, lost: 0, rawLoss: null, residualLoss: null }),
    device("whole", { expected: 10, completeness: 1, lost: 0, rawLoss: 0, residualLoss: 0 }),
    device("mended", { expected: 1000, completeness: 0.999, lost: 1, rawLoss: 0.021, residualLoss: 0.001 }),
  ];
  expect((await printed({ api: await apiOf(list) })).split("\n")).toEqual([
    "id      status  last seen             rate  completeness  lost  raw loss  residual loss",
    "bare    online  2026-11-20T12:00:00Z   2/s             –     –         –              –",
    "whole   online  2026-11-20T12:00:00Z   2/s      100.00 %     0    0.00 %         0.00 %",
    "mended  online  2026-11-20T12:00:00Z   2/s       99.90 %     1    2.10 %         0.10 %",
    "",
  ]);
});

test("a silence that was announced is told from one without a reason", async () => {
  const whole = { expected: 10, completeness: 1, lost: 0, rawLoss: 0, residualLoss: 0 };
  const list = [
    device("a", whole, { announced: "sleep" }),
    device("b", whole, { status: "offline", announced: "end" }),
    device("c", whole, { status: "offline" }),
  ];
  const lines = (await printed({ api: await apiOf(list) })).split("\n").slice(1, -1);
  expect(lines.map((line) => line.split(/ {2,}/)[1])).toEqual([
    "online, asleep",
    "offline, ended",
    "offline",
  ]);
});

test("what keeps devices from being heard or stored is said beside the list, and nothing that is over", async () => {
  const finding = (code: string, sentence: string, severity = "problem", listener: string | null = null) => ({
    code,
    severity,
    sentence,
    fix: null,
    listener,
  });
  const api = await apiOf([], {
    findings: [
      finding("database", "The database is FAILING: database is locked."),
      finding("listener-state", "It is UNAVAILABLE: no.", "problem", "udp://127.0.0.1:1"),
      finding("listener-state", "It is UNAVAILABLE: no.", "advice", "udp://127.0.0.1:2?optional=true"),
      finding("thread-stalled", "The thread ingest has said nothing for ten seconds."),
      finding("kernel-drops", "The kernel dropped 3 datagrams since the start."),
    ],
  });
  const said: unknown[] = [];
  const out = vi.spyOn(process.stdout, "write").mockImplementation((_, done) => {
    (done as unknown as () => void)();
    return true;
  });
  const error = vi.spyOn(process.stderr, "write").mockImplementation((chunk) => said.push(chunk) > 0);
  await devices({ api });
  await devices({ api, json: true });
  out.mockRestore();
  error.mockRestore();
  expect(said).toEqual([
    "no device matches\n",
    expect.stringMatching(
      /^The database is FAILING: database is locked\. .*; lacuna doctor says what to do\nudp:\/\/127\.0\.0\.1:1: It is UNAVAILABLE: no\. .*\nThe thread ingest has .*\n$/,
    ),
  ]);
});

test.each([
  [undefined, 1000],
  [5000, 1000],
  [1000, 1000],
  [3, 3],
  [0, 1],
])("with --limit %j pages of %d are asked for", async (limit, perPage) => {
  const urls: string[] = [];
  const api = await apiOf([], { asked: (url) => urls.push(url) });
  const said = vi.spyOn(process.stderr, "write").mockImplementation(() => true);
  await printed({ api, status: "stale", ...(limit !== undefined && { limit }) });
  expect(urls).toEqual([`/api/v1/devices?status=stale&limit=${perPage}`]);
  expect(said.mock.calls).toEqual([["no device matches\n"]]);
  said.mockRestore();
});
