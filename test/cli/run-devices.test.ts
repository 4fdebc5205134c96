import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, expect, test, vi } from "vitest";
import { devices } from "../../cli/run-devices.ts";

let server: Server | undefined;
afterEach(() => {
  server?.closeAllConnections();
  server?.close();
});

/** Address of an API that has these devices. */
const apiOf = async (list: readonly object[]): Promise<string> => {
  server = createServer((_, response) => {
    response.setHeader("content-type", "application/json");
    response.end(JSON.stringify({ devices: list, next: null }));
  });
  await new Promise<void>((resolve) => server!.listen(0, "127.0.0.1", resolve));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
};

const printed = async (list: readonly object[]): Promise<string> => {
  let text = "";
  const write = vi.spyOn(process.stdout, "write").mockImplementation((chunk, done) => {
    text += chunk;
    (done as unknown as () => void)();
    return true;
  });
  await devices({ api: await apiOf(list) });
  write.mockRestore();
  return text;
};

const device = (id: string, ledger: object) => ({
  id,
  status: "online",
  lastSeen: "2026-11-20T12:00:00.123456Z",
  rateHz: 2,
  ledger,
});

test("what a device without numbers has lost is not known, of the others it is a number", async () => {
  const list = [
    device("bare", { expected: 0, completeness: null, lost: 0 }),
    device("whole", { expected: 10, completeness: 1, lost: 0 }),
  ];
  expect((await printed(list)).split("\n")).toEqual([
    "id     status  last seen             rate  completeness  lost",
    "bare   online  2026-11-20T12:00:00Z   2/s             –     –",
    "whole  online  2026-11-20T12:00:00Z   2/s      100.00 %     0",
    "",
  ]);
});
